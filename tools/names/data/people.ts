/** Family names common where English is written, beyond those of faker. */
export const surnames =
  `Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Gomez Phillips Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers Gutierrez Ortiz Morgan Cooper Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward Richardson Watson Brooks Chavez Wood James Bennett Gray Mendoza Ruiz Hughes Price Alvarez Castillo Sanders Patel Myers Long Ross Foster Jimenez Powell Jenkins Perry Russell Sullivan Bell Coleman Butler Henderson Barnes Fisher Vasquez Simmons Romero Jordan Patterson Alexander Hamilton Graham Reynolds Griffin Wallace Moreno West Cole Hayes Bryant Herrera Gibson Ellis Tran Medina Aguilar Stevens Murray Ford Castro Marshall Owens Harrison Fernandez McDonald Woods Washington Kennedy Wells Vargas Henry Chen Freeman Webb Tucker Guzman Burns Crawford Olson Simpson Porter Hunter Gordon Mendez Silva Shaw Snyder Mason Dixon Munoz Hunt Hicks Holmes Palmer Wagner Black Robertson Boyd Rose Stone Salazar Fox Warren Mills Meyer Rice Schmidt Garza Daniels Ferguson Nichols Stephens Soto Weaver Ryan Gardner Payne Grant Dunn Kelley Spencer Hawkins Arnold Pierce Hansen Peters Santos Hart Bradley Knight Elliott Cunningham Duncan Armstrong Hudson Carroll Lane Riley Andrews Alvarado Ray Delgado Berry Perkins Hoffman Johnston Matthews Pena Richards Contreras Willis Carpenter Lawrence Sandoval Guerrero George Chapman Rios Estrada Ortega Watkins Greene Nunez Wheeler Valdez Harper Burke Larson Santiago Maldonado Morrison Franklin Carlson Austin Dominguez Carr Lawson Jacobs Obrien Lynch Singh Vega Bishop Montgomery Oliver Jensen Harvey Williamson Gilbert Dean Sims Espinoza Howell Li Wong Reid Hanson Le McCoy Garrett Burton Fuller Wang Weber Welch Rojas Lucas Marquez Fields Park Yang Little Banks Padilla Day Walsh Bowman Schultz Luna Fowler Mejia Davidson Acosta Brewer May Holland Juarez Newman Pearson Curtis Cortez Douglas Schneider Joseph Barrett Navarro Figueroa Keller Avila Wade Molina Stanley Hopkins Campos Barnett Bates Chambers Caldwell Beck Lambert Miranda Byrd Craig Ayala Lowe Frazier Powers Neal Leonard Gregory Carrillo Sutton Fleming Rhodes Shelton Schwartz Norris Jennings Rhodes Watts Duran Walters Cohen McDaniel Moran Parks Steele Vaughn Becker Holt Deleon Barker Terry Hale Leon Hail Benson Haynes Horton Miles Lyons Pham Graves Bush Thornton Wolfe Warner Cabrera McKinney Mann Zimmerman Dawson Lara Fletcher Page McCarthy Love Robles Cervantes Solis Erickson Reeves Chang Klein Salinas Fuentes Baldwin Daniel Simon Velasquez Hardy Higgins Aguirre Lin Cummings Chandler Sharp Barber Bowen Ochoa Dennis Robbins Liu Ramsey Francis Griffith Paul Blair Oconnor Cardenas Pacheco Cross Calderon Quinn Moss Swanson Chan Rivas Khan Rodgers Serrano Fitzgerald Rosales Stevenson Christensen Manning Gill Curry McLaughlin Harmon McGee Gross Doyle Garner Newton Burgess Reese Walton Blake Trujillo Adkins Brady Goodman Roman Webster Goodwin Fischer Huang Potter Delacruz Montoya Todd Wu Hines Mullins Castaneda Malone Cannon Tate Mack Sherman Hubbard Hodges Zhang Guerra Wolf Valencia Saunders Franco Rowe Gallagher Farmer Hammond Hampton Townsend Ingram Wise Gallegos Clarke Barton Schroeder Maxwell Waters Logan Camacho Strickland Norman Person Colon Parsons Frank Harrington Glover Osborne Buchanan Casey Floyd Patton Ibarra Ball Tyler Suarez Bowers Orozco Salas Cobb Gibbs Andrade Bauer Conner Moody Escobar McGuire Lloyd Mueller Hartman French Kramer McBride Pope Lindsey Velazquez Norton McCormick Sparks Flynn Yates Hogan Marsh Macias Villanueva Zamora Pratt Stokes Owen Ballard Lang Brock Villarreal Charles Drake Barrera Cain Patrick Pineda Burnett Mercado Santana Shepherd Bautista Ali Shaffer Lamb Trevino McKenzie Hess Beil Olsen Cochran Morton Nash Wilkins Petersen Briggs Shah Roth Nicholson Holloway Lozano Rangel Flowers Hoover Short Arias Mora Valenzuela Bryan Meyers Weiss Underwood Bass Greer Summers Houston Carson Morrow Clayton Whitaker Decker Yoder Collier Zuniga Carey Wilcox Melendez Poole Roberson Larsen Conley Davenport Copeland Massey Lam Huff Rocha Cameron Jefferson Hood Monroe Anthony Pittman Huynh Randall Singleton Kirk Combs Mathis Christian Skinner Bradford Richard Galvan Wall Boone Kirby Wilkinson Bridges Bruce Atkinson Velez Meza Roy Vincent York Hodge Villa Abbott Allison Tapia Gates Chase Sosa Sweeney Farrell Wyatt Dalton Horn Barron Phelps Yu Dickerson Heath Foley Atkins Mathews Bonilla Acevedo Benitez Zavala Hensley Glenn Cisneros Harrell Shields Rubio Choi Huffman Boyer Garrison Arroyo Bond Kane Hancock Callahan Dillon Cline Wiggins Grimes Arellano Melton Oneill Savage Ho Beltran Pitts Parrish Ponce Rich Booth Koch Golden Ware Brennan McDowell Marks Cantu Humphrey Baxter Sawyer Clay Tanner Hutchinson Kaur Berg Wiley Gilmore Russo Villegas Hobbs Keith Wilkerson Ahmed Beard McClain Montes Mata Rosario Vang Walter Henson Oneal Mosley McClure Beasley Stephenson Snow Huerta Preston Vance Barry Johns Eaton Blackwell Dyer Prince Macdonald Solomon Guevara Stafford English Hurst Woodard Cortes Shannon Kemp Nolan McCullough Merritt Murillo Moon Salgado Strong Kline Cordova Barajas Roach Rosas Winters Jacobson Lester Knox Bullock Kerr Leach Meadows Orr Davila Whitehead Pruitt Kent Conway McKee Barr David Dejesus Marin Berger McIntyre Blankenship Gaines Palacios Cuevas Bartlett Durham Dorsey McCall Odonnell Stein Browning Stout Lowery Sloan McLean Hendricks Calhoun Sexton Chung Gentry Hull Duarte Ellison Nielsen Gillespie Buck Middleton Sellers Leblanc Esparza Hardin Bradshaw McIntosh Howe Livingston Frost Glass Morse Knapp Herman Stark Bravo Noble Spears Weeks Corona Frederick Buckley McFarland Hebert Enriquez Hickman Quintero Randolph Schaefer Walls Trejo House Reilly Pennington Michael Conrad Giles Benjamin Crosby Fitzpatrick Donovan Mays Mahoney Valentine Raymond Medrano Hahn McMillan Small Bentley Felix Peck Lucero Boyle Hanna Pace Rush Hurley Harding McConnell Bernal Nava Ayers Everett Ventura Avery Pugh Mayer Bender Shepard McMahon Landry Case Sampson Moses Magana Blackburn Dunlap Gould Duffy Vaughan Herring McKay Espinosa Rivers Farley Bernard Ashley Friedman Potts Truong Costa Correa Blevins Nixon Clements Fry Delarosa Best Benton Lugo Portillo Dougherty Crane Haley Phan Villalobos Blanchard Horne Finley Quintana Lynn Esquivel Bean Dodson Mullen Xiong Hayden Cano Levy Huber Richmond Moyer Lim Frye Sheppard McCarty Avalos Booker Waller Parra Woodward Jaramillo Krueger Rasmussen Brandt Peralta Donaldson Stuart Faulkner Maynard Galindo Coffey Estes Sanford Burch Maddox Vo Oconnell Vu Andersen Spence McPherson Church Schmitt Stanton Leal Cherry Compton Dudley Sierra Pollard Alfaro Hester Proctor Lu Hinton Novak Good Madden McCann Terrell Jarvis Dickson Reyna Cantrell Mayo Branch Hendrix Rollins Rowland Whitney Duke Odom Daugherty Travis Tang Archer Whitfield Ashworth Bagshaw Barlow Birch Blackwood Bramley Brightwell Carmichael Chadwick Clegg Crowther Dempsey Entwistle Fairclough Finch Fothergill Garside Greenwood Hargreaves Haworth Hepworth Holroyd Kershaw Lockwood Lomas Naylor Oakley Ogden Pemberton Ramsbottom Ridley Rigby Sedgwick Shackleton Stubbs Sykes Thackeray Tomlinson Wainwright Whittaker Winterbottom Wolstenholme`.split(
    /\s+/,
  );

/** Short and familiar forms. */
export const nicknames =
  `Al Alex Andy Angie Barb Becky Ben Bert Beth Betty Bill Billy Bob Bobby Brad Cal Cathy Charlie Chris Chuck Cindy Connie Dan Danny Dave Deb Debbie Dick Don Donny Doug Drew Ed Eddie Ellie Ernie Frankie Fred Gabe Gary Geoff Gina Greg Gus Hank Harry Ike Izzy Jack Jackie Jake Jamie Jan Jay Jen Jenny Jerry Jess Jill Jim Jimmy Joe Joey Johnny Josh Judy Kat Kate Kathy Katie Ken Kenny Kim Kit Larry Leo Les Liz Lizzie Lou Maddie Maggie Mandy Manny Matt Max Meg Mel Mike Mikey Millie Mitch Molly Nate Ned Nick Nicky Nina Pam Pat Patty Peg Peggy Penny Pete Phil Ralph Randy Ray Rich Rick Ricky Rob Robbie Ron Ronnie Rosie Russ Sally Sam Sammy Sandy Shelly Sid Stan Stella Steph Steve Stu Sue Suzy Tammy Ted Teddy Terry Tim Timmy Tina Toby Tom Tommy Toni Tony Tori Tracy Val Vic Vicky Vince Walt Will Willie Zack Zoe`.split(
    ' ',
  );

/** Names as they are written in Latin letters: first names, then family names, by region. */
export const romanised: ReadonlyArray<readonly [string, string]> = [
  [
    'Wei Fang Xiu Ying Na Min Jing Li Qiang Lei Jun Yang Yong Yan Jie Juan Tao Ming Chao Xia Ping Gang Hui Hong Xiaoming Xiaoyan Meiling Jianguo Zhiyuan Haoran Zihan Yichen Yuxuan Mingze',
    'Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo He Lin Gao Luo Zheng Liang Xie Song Tang Deng Han Feng Cao Peng Zeng Xiao Tian Dong Pan Yuan Cai Jiang Yu Du Ye Cheng Wei Su Lu Ding Ren Yao Zhong Tan Liao Fan Shi Jin Jia Fu Bai Zou Meng Xiong Qin Qiu Hou Yin Xue',
  ],
  [
    'Haruto Yuto Sota Yuki Hayato Haruki Ryusei Koki Sora Sosuke Riku Kaito Ren Takumi Daiki Kenji Hiroshi Takashi Akira Satoshi Naoki Tetsuya Shinji Sakura Hina Yui Aoi Rin Miyu Mio Akari Yuna Ayaka Misaki Nanami Emi Keiko Yoko Yumi Tomoko Naomi Hanako Michiko Sachiko Kaori Rika',
    'Sato Suzuki Takahashi Tanaka Watanabe Ito Yamamoto Nakamura Kobayashi Kato Yoshida Yamada Sasaki Yamaguchi Matsumoto Inoue Kimura Hayashi Shimizu Yamazaki Mori Abe Ikeda Hashimoto Yamashita Ishikawa Nakajima Maeda Fujita Ogawa Goto Okada Hasegawa Murakami Kondo Ishii Saito Sakamoto Endo Aoki Fujii Nishimura Fukuda Ota Miura Takeuchi Nakagawa Okamoto Matsuda Harada Nakano Ono Tamura Fujiwara Kaneko Wada Nakayama Ishida Ueda Morita Hara Shibata Sakai Kudo Yokoyama Miyazaki Uchida Takagi Ando',
  ],
  [
    'Minjun Seojun Dohyun Jiho Junseo Jihoon Hyunwoo Sungmin Jaehyun Youngho Seoyeon Jiwoo Minseo Hayoon Soojin Eunji Hyejin Yuna Jisoo Minji Sooyoung Ji-woo Min-jun Seo-yeon Hye-jin Young-ho Kyung-soo',
    'Kim Lee Park Choi Jung Kang Cho Yoon Jang Lim Han Oh Seo Shin Kwon Hwang Ahn Song Jeon Hong Yoo Ko Moon Yang Son Bae Baek Heo Nam Shim Noh Ha Joo Koo Cha Woo',
  ],
  [
    'Mohammed Ahmed Ali Omar Youssef Mustafa Hassan Hussein Khalid Ibrahim Abdullah Tariq Faisal Karim Samir Rashid Bilal Hamza Zaid Nasser Walid Fatima Aisha Maryam Zainab Khadija Layla Noor Huda Salma Yasmin Amina Rania Dalia Nadia Samira Lubna Hanan Mona Reem',
    'Al-Farsi Al-Masri Al-Rashid Al-Hassan Haddad Khoury Najjar Nasser Mansour Saleh Khalil Abbas Hamdan Qureshi Siddiqui Sharif Aziz Rahman Farouk Habib Darwish Bakri Sabbagh Shaheen Zayed Ghanem Haddadin Mahmoud Ismail El-Sayed Abdelrahman Benali Bouzid Chaoui Mansouri Trabelsi Gharbi Ayari Jaziri',
  ],
  [
    'Reza Amir Mehdi Hamid Farhad Dariush Kourosh Babak Arash Behrouz Siavash Nima Shirin Parisa Leila Mahsa Nasrin Azadeh Golnaz Roya Niloufar Setareh Bahareh',
    'Hosseini Ahmadi Mohammadi Karimi Rezaei Jafari Moradi Tehrani Shirazi Esfahani Kazemi Rahimi Sadeghi Ebrahimi Bahrami Golzar Farrokhzad Sohrabi Nazari Ghorbani',
  ],
  [
    'Aarav Vihaan Arjun Rohan Rahul Amit Sanjay Vikram Anil Sunil Rajesh Suresh Ramesh Deepak Manoj Kiran Nikhil Karthik Pranav Aditya Priya Ananya Divya Kavya Neha Pooja Sneha Lakshmi Sunita Anjali Meera Radha Swati Shreya Ishita Nandini Deepika',
    'Sharma Verma Gupta Patel Shah Mehta Reddy Rao Nair Menon Iyer Iyengar Pillai Mukherjee Chatterjee Banerjee Ghosh Bose Das Sen Agarwal Kapoor Malhotra Chopra Bhatia Khanna Sethi Joshi Desai Kulkarni Deshpande Patil Naidu Krishnan Subramaniam Venkataraman Ranganathan Choudhary Yadav Thakur Bhatt Trivedi Pandey Mishra Tiwari Dubey Saxena Srivastava',
  ],
  [
    'Ivan Dmitri Sergei Alexei Andrei Nikolai Vladimir Mikhail Pavel Yuri Oleg Igor Boris Viktor Maxim Anatoly Konstantin Olga Natalia Tatiana Svetlana Irina Elena Ekaterina Anastasia Ludmila Galina Oksana Yulia Daria Ksenia Polina',
    'Ivanov Petrov Sidorov Smirnov Kuznetsov Popov Vasiliev Sokolov Mikhailov Novikov Fedorov Morozov Volkov Alekseev Lebedev Semenov Egorov Pavlov Kozlov Stepanov Nikolaev Orlov Andreev Makarov Nikitin Zakharov Zaitsev Solovyov Borisov Yakovlev Grigoriev Romanov Vorobyov Ivanova Petrova Smirnova Kuznetsova Popova Sokolova Morozova Volkova Kovalenko Shevchenko Bondarenko Tkachenko Kravchenko Melnyk Boyko',
  ],
  [
    'Somchai Somsak Anan Prasert Wichai Nattapong Chaiwat Siriporn Malee Ratana Pimchanok Sunisa Kanya Arunee Thanawat',
    'Srisai Wongsawat Saetang Chaiyasit Rattanakosin Suwannarat Boonmee Thongchai Phromma Jaidee Charoen Kittikul Panyarachun',
  ],
  [
    'Nguyen Minh Anh Thi Hoa Lan Huong Thanh Tuan Dung Hung Quang Linh Mai Phuong Trang Duc Khanh Bao Long Nam Son Thao Tam',
    'Nguyen Tran Le Pham Hoang Phan Vu Vo Dang Bui Do Ho Ngo Duong Ly Truong Dinh Lam Trinh Mai',
  ],
  [
    'Chinedu Chukwuemeka Obinna Ikenna Emeka Nnamdi Uche Chioma Adaeze Ngozi Amara Nkechi Ifeoma Ebele Oluwaseun Babatunde Adebayo Folake Yetunde Temitope Kwame Kofi Kwabena Ama Abena Akosua Efua Thabo Sipho Nomvula Thandiwe Lerato Themba Wanjiru Kamau Njeri Otieno Achieng Juma Neema Baraka',
    'Okafor Okonkwo Eze Nwosu Obi Chukwu Okoye Onyeka Adeyemi Adebayo Ogunleye Balogun Afolabi Olawale Mensah Owusu Boateng Asante Osei Appiah Addo Dlamini Nkosi Ndlovu Khumalo Zulu Mokoena Molefe Kamau Mwangi Kariuki Odhiambo Otieno Wanjiku Mutua Kiplagat Tesfaye Bekele Haile Abebe Gebre Tekle Woldemariam Kidane Diallo Traore Keita Coulibaly Ndiaye Sow Diop',
  ],
  [
    'Jon Sigurdur Gudmundur Gunnar Olafur Einar Magnus Bjorn Gudrun Sigridur Kristin Helga Ingibjorg Ragnheidur Asta Sigrun Thorunn Birta',
    'Jonsson Sigurdsson Gudmundsson Gunnarsson Olafsson Einarsson Magnusson Bjornsson Jonsdottir Sigurdardottir Gudmundsdottir Gunnarsdottir Olafsdottir Einarsdottir Kristjansdottir Stefansdottir',
  ],
  [
    'Siosaia Tevita Sione Mele Ana Manu Tane Aroha Hemi Wiremu Ngaire Kahurangi Leilani Kalani Makoa Keoni Noelani Malia',
    'Tupou Faleolo Tuiasosopo Fonoti Ngata Parata Tamatea Kealoha Kahale Kalani Mahoe Nakamura',
  ],
];

export const particles = [
  'van',
  'van der',
  'van den',
  'de',
  'de la',
  'von',
  'di',
  'da',
  'dos',
  'del',
  'ter',
  'bin',
  'al',
  'le',
  'El',
  'Al',
  'De',
  'Van',
  'St.',
];
export const suffixes = ['Jr.', 'Sr.', 'II', 'III', 'IV', 'Jr'];
export const titles = [
  'Mr.',
  'Mrs.',
  'Ms.',
  'Dr.',
  'Prof.',
  'Mr',
  'Mrs',
  'Ms',
  'Dr',
  'Miss',
  'Professor',
  'Sir',
  'Judge',
  'Captain',
  'Senator',
  'Rev.',
  'Officer',
  'Detective',
  'Coach',
  'Nurse',
  'Lt.',
  'Sgt.',
  'Capt.',
  'Doctor',
  'Chef',
  'President',
  'Mx.',
];
