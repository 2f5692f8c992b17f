export const knownFirms =
  `Google|Microsoft|Apple|Amazon|Facebook|Meta|Netflix|Tesla|IBM|Intel|Oracle|Cisco|Siemens|SAP|Bosch|BMW|Volkswagen|Toyota|Honda|Sony|Samsung|Panasonic|Toshiba|Hitachi|Nestle|Unilever|Procter & Gamble|Coca-Cola|PepsiCo|McDonald's|Starbucks|Walmart|Target|Costco|Home Depot|IKEA|H&M|Zara|Nike|Adidas|Puma|Shell|BP|ExxonMobil|Chevron|TotalEnergies|General Electric|General Motors|Ford|Boeing|Airbus|Lockheed Martin|Pfizer|Moderna|Novartis|Roche|Merck|Bayer|AstraZeneca|Johnson & Johnson|JPMorgan Chase|Goldman Sachs|Morgan Stanley|Bank of America|Wells Fargo|Citigroup|HSBC|Barclays|Deutsche Bank|UBS|Credit Suisse|ING|Santander|BNP Paribas|Allianz|AXA|Visa|Mastercard|American Express|PayPal|Stripe|Uber|Lyft|Airbnb|Spotify|Twitter|LinkedIn|Salesforce|Adobe|Accenture|Deloitte|KPMG|PwC|Ernst & Young|McKinsey|Lufthansa|British Airways|Air France|Delta Air Lines|United Airlines|Emirates|FedEx|UPS|DHL|Verizon|AT&T|T-Mobile|Vodafone|Orange|Telefonica|BBC|CNN|The New York Times|The Guardian|Reuters|Bloomberg|NASA|FBI|CIA|NATO|UNICEF|WHO|World Health Organization|Red Cross|Greenpeace|Harvard University|Stanford University|MIT|Oxford University|University of Cambridge|Yale|Princeton|UCLA|Mayo Clinic|Johns Hopkins|Blue Cross|Kaiser Permanente|UnitedHealth|Aetna|State Farm|Geico|Allstate`.split(
    '|',
  );

export const firmNouns =
  `Systems Solutions Technologies Industries Logistics Partners Consulting Analytics Software Media Foods Motors Energy Pharma Labs Studios Capital Holdings Ventures Networks Dynamics Robotics Biotech Textiles Airlines Insurance Properties Financial Services Design Electronics Engineering Construction Farms Brewery Bakery Books Travel Marketing Security Healthcare`.split(
    ' ',
  );

export const firmWords =
  `Acme Apex Blue Bright Cedar Central Summit Pioneer Global Nova Vertex Orion Atlas Quantum Northern Western Pacific Atlantic Golden Silver Red Crystal Delta Omega Alpha Phoenix Falcon Eagle Titan Horizon Evergreen Liberty Heritage Frontier Beacon Compass Cobalt Granite Harbor Iron Keystone Lakeside Maple Meridian Mountain Oak Premier River Royal Stellar Sunrise Union United Universal Vista Zenith Contoso Initech Globex`.split(
    ' ',
  );

export const firmSuffixes =
  `Inc|Inc.|LLC|Ltd|Ltd.|PLC|Corp|Corp.|Corporation|GmbH|AG|S.A.|B.V.|Co.|Company|Group|Limited|Holdings|LLP|& Co|and Sons|& Sons|Pty Ltd|AB|Oy|SpA|SE`.split(
    '|',
  );
