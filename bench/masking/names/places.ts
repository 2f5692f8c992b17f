export const addresses: readonly string[] = [
  '12 Foo St., Apt. 4, Springfield, IL 62704',
  '4577 Ashton Lane, Austin, TX 78701',
  '1 Infinite Loop, Cupertino, CA 95014',
  '1600 Amphitheatre Parkway, Mountain View, CA',
  '742 Evergreen Terrace, Springfield',
  '221B Baker Street, London NW1 6XE',
  '10 Downing Street, London SW1A 2AA',
  '350 Fifth Avenue, New York, NY 10118',
  '48764 Howard Forge Apt. 421\nVanessaside, PA 19763',
  '9021 Timber Hollow Ct, Raleigh, NC 27613',
  '17 Rosemount Crescent, Glasgow G21 2AB',
  '3 Abbey Road, Flat 2, Leeds LS6 4QT',
  '88 Queen Street West, Toronto, ON M5H 2M5',
  '45 Wattle Grove, Carlton VIC 3053',
  '2910 N Clark St, Unit 3, Chicago, IL 60657',
  '500 W 2nd St, Suite 1900, Austin, TX 78701',
  'P.O. Box 4312, Boise, ID 83701',
  'PSC 4115, Box 7815\nAPO AA 41945',
  'Unit 5938 Box 2421\nDPO AP 33335',
  '6 Marlowe Mews\nCanterbury\nCT1 2HX',
  '19 Harbour View Road, Cork, Ireland',
  '7711 Old Mill Run\nFalls Church, VA 22046',
  '1234 Martin Luther King Jr Blvd, Atlanta, GA 30310',
  '56 Rue Lafayette, 75009 Paris, France',
  'Lindenstraße 14, 10969 Berlin',
  'Via Cavour 21, 00184 Roma, Italy',
  'Calle Serrano 45, 28001 Madrid',
  'Prinsengracht 263, 1016 GV Amsterdam',
  '6750 Koskikatu 25 Apt. 864\nArtilleros\n, CO\n Uruguay 64677',
  '67 Storgata 12\nNordby, Norway 40112',
  '401 Biscayne Blvd, Miami FL 33132',
  '15 Sunnyside Drive',
  '2207 Pinecrest Ave',
  '830 S. Larchmont Blvd',
  '99 Birchwood Close, Nottingham',
  '33 Thistle Way, Inverness IV2 3QS',
  '5 Kingfisher Lane, Bury St Edmunds',
  '12850 Hwy 9 N, Alpharetta, GA 30004',
  '1801 Century Park East, Los Angeles, CA 90067-2302',
  '64 Zoo Lane',
];
export const cities =
  'Lisbon|Gdansk|Osaka|Boulder|Reykjavik|Leeds|Savannah|Chattanooga|Porto Alegre|Bologna|Ghent|Kampala|Adelaide|Tbilisi|Halifax|Minneapolis|Wroclaw|Cartagena|Izmir|San Diego'.split(
    '|',
  );
export const countries =
  'Portugal|Uruguay|Kenya|Norway|Vietnam|Lebanon|New Zealand|Peru|Slovenia|Ghana|the Netherlands|Mongolia|Cyprus|Bolivia|Croatia|Jordan'.split(
    '|',
  );
export const firms =
  'Harrow & Finch Ltd|Petersen Logistics|Bluebird Analytics|Tanaka Motors|Nordwind GmbH|Castellan Partners|Ortiz, Webb and Daly|Kessler-Boyd|Silverlake Bank|University of Leeds|Brightwater Foods Inc.|Siemens|Deutsche Bank|Mercy General Hospital|Olsen Brothers LLC|Redstone Capital'.split(
    '|',
  );
