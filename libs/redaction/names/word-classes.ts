import type { NameLanguage } from '#contracts';

/** Closed classes of words that announce or make up names and addresses. The order is part of the trained model. */
export const wordClasses = [
  'none',
  'title',
  'suffix',
  'street',
  'unit',
  'direction',
  'state',
  'month',
  'weekday',
  'nameKey',
  'personKey',
  'relation',
  'addressKey',
  'placeKey',
  'firmKey',
  'firmSuffix',
  'firmWord',
  'greeting',
  'speech',
  'particle',
  'live',
  'at',
  'function',
] as const;
export type WordClass = (typeof wordClasses)[number];

type Lists = Partial<Record<WordClass, string>>;

const en: Lists = {
  title:
    'mr mrs ms miss mx dr prof professor sir madam lady lord rev reverend sgt sergeant capt captain lt lieutenant col colonel judge justice senator president chef coach detective officer nurse inspector doctor hon honorable minister governor mayor ambassador congressman congresswoman',
  suffix: 'jr sr ii iii iv phd md esq dds dvm cpa rn',
  street:
    'street st avenue ave av road rd boulevard blvd lane ln drive court ct terrace ter way circle cir square sq highway hwy parkway pkwy trail trl alley plaza crescent cres close grove mews crossing loop ridge heights turnpike pike expressway freeway place pl walk row',
  unit: 'apt apartment suite ste unit floor fl room rm building bldg flat lot box',
  direction: 'north south east west northeast northwest southeast southwest ne nw se sw n s e w',
  month:
    'january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec',
  weekday:
    'monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun today tomorrow yesterday',
  nameKey:
    "name names named fullname firstname lastname surname alias nickname maiden i'm im me myself called",
  personKey:
    'patient customer client employee contact recipient attn attention sender author guardian beneficiary holder cardholder tenant applicant member guest passenger signed witness buyer seller owner manager assignee reporter attendees participants from to cc ceo cto cfo director teacher student agent supervisor caller',
  relation:
    'wife husband son daughter mother father mom dad mum brother sister friend colleague boss neighbor neighbour uncle aunt cousin partner girlfriend boyfriend grandmother grandfather nephew niece roommate coworker',
  addressKey:
    'address addresses addr shipping billing delivery mailing residence residing resides ship shipped mail mailed deliver delivered reside located',
  placeKey:
    'city town country county born living visiting travel traveling moved fly flying flight trip capital near visit nationality',
  firmKey:
    'company employer organization organisation firm works working worked employed joined hired contractor vendor supplier startup acquired subsidiary',
  firmSuffix:
    'inc ltd llc llp plc corp corporation gmbh co company group ag sa bv nv holdings limited partners associates sons pty oy ab spa srl kg',
  firmWord:
    'university college hospital bank institute school church foundation museum library council ministry department committee association society clinic airlines industries systems technologies solutions insurance consulting motors pharmaceuticals laboratories orchestra',
  greeting:
    'hi hello hey dear thanks thank regards sincerely cheers goodbye bye welcome congratulations yours',
  speech:
    'said says told asked ask asks wrote writes replied called call calls emailed email met meet tell invited invite remind married hugged thinks lives works visited reported scheduled wants',
  particle: 'van der de la von bin al el da di du del dos den ten ibn abu le mac mc della',
  live: 'live lives lived living resident',
  at: 'in at near of on for with by from and or &',
  function:
    'the a an this that these those it its he she they we you i his her their our your my is are was were be been being am do does did have has had having can could will would should shall must not no yes if then than but so because as until while about against between into through during before after above below up down out off over under again further once here there when where why how all any both each few more most other some such only own same too very just also which who whom what him them us every either neither whether',
  state:
    'al ak az ar ca co ct de fl ga hi id il ia ks ky la md ma mi mn ms mo mt ne nv nh nj nm ny nc nd oh ok or pa ri sc sd tn tx ut vt va wa wv wi wy dc nsw qld vic tas bc ab sk mb qc ns',
};

const de: Lists = {
  title: 'herr frau herrn dr professor fräulein',
  street: 'straße strasse str weg platz allee gasse ring ufer damm',
  unit: 'wohnung whg stock etage haus postfach',
  nameKey: 'heiße heisse heißt heisst namens vorname nachname',
  relation:
    'ehemann ehefrau sohn tochter bruder schwester mutter vater freund freundin kollege kollegin chef',
  addressKey: 'adresse anschrift wohnhaft lieferadresse',
  live: 'wohne wohnt wohnen lebe lebt',
  greeting: 'hallo liebe lieber grüße grüßen danke geehrter geehrte',
  firmSuffix: 'gmbh ag kg ohg mbh',
  at: 'in bei aus nach von an und für mit',
  function:
    'der die das den dem des ein eine einer eines einem einen ist sind war waren und oder aber nicht ich du er sie es wir ihr mich mir dich sich auch auf zu zum zur im am als wie wenn dass wird werden wurde hat haben hatte kann noch nur schon sehr so bitte',
};

const fr: Lists = {
  title: 'm mme mlle monsieur madame mademoiselle docteur maître',
  street: 'rue avenue boulevard place allée impasse chemin quai cours route',
  unit: 'appartement appt étage bâtiment bât',
  nameKey: "m'appelle s'appelle appelle nom prénom nommé nommée",
  relation: 'mari femme fils fille frère sœur soeur mère père ami amie collègue',
  addressKey: 'adresse livraison',
  live: 'habite vis vit habitons réside',
  greeting: 'bonjour cher chère merci cordialement salut',
  firmSuffix: 'sarl sas sa eurl',
  at: 'à chez dans en pour avec par',
  function:
    'le les un une des et ou mais ne pas je tu il elle nous vous ils elles est sont était ont ai as avons que qui ce cette ces son ses mon ma mes sur se au aux plus dont',
};

const es: Lists = {
  title: 'sr sra srta señor señora señorita don doña doctor doctora',
  street: 'calle avenida avda plaza paseo carrera camino',
  unit: 'piso puerta apartado',
  nameKey: 'llamo llama nombre apellido apellidos',
  relation: 'esposa esposo marido hijo hija hermano hermana madre padre amigo amiga',
  addressKey: 'dirección domicilio',
  live: 'vivo vive viven reside',
  greeting: 'hola querido querida gracias saludos estimado estimada',
  firmSuffix: 'sl sa',
  at: 'en con para por desde y',
  function:
    'el los las un una unos unas que no se su sus lo como más pero es son era fue está están ha han mi tu yo ella ellos nosotros este esta eso al',
};

const it: Lists = {
  title: 'sig signor signora dott dottor dottoressa',
  street: 'via viale piazza corso vicolo largo',
  nameKey: 'chiamo chiama nome cognome',
  relation: 'moglie marito figlio figlia fratello sorella madre padre amico amica',
  addressKey: 'indirizzo residente',
  live: 'abito abita vivo vive',
  greeting: 'ciao caro cara grazie saluti gentile',
  firmSuffix: 'spa srl',
  at: 'in con per da a e',
  function:
    'il lo gli un uno una che non è sono era si mi ti ci ma come più anche questo questa suo sua al alla nel nella',
};

const nl: Lists = {
  title: 'dhr mevrouw mevr meneer heer',
  street: 'straat laan plein gracht kade singel',
  nameKey: 'heet naam voornaam achternaam',
  relation: 'vrouw man zoon dochter broer zus moeder vader vriend vriendin collega',
  addressKey: 'adres',
  live: 'woon woont wonen',
  greeting: 'hallo beste groeten bedankt',
  firmSuffix: 'bv nv',
  at: 'in bij uit naar met voor en',
  function:
    'het een is zijn was niet ik jij hij zij wij dat die deze dit op te ook als maar om aan er wordt heeft hebben kan',
};

const pt: Lists = {
  title: 'sr sra dona doutor doutora',
  street: 'rua avenida travessa praça largo estrada',
  nameKey: 'chamo chama nome sobrenome apelido',
  relation: 'esposa marido filho filha irmão irmã mãe pai amigo amiga',
  addressKey: 'endereço morada',
  live: 'moro mora vivo vive',
  greeting: 'olá oi caro cara obrigado obrigada atenciosamente',
  firmSuffix: 'ltda sa',
  at: 'em no na com para por e',
  function:
    'o os as um uma que não se seu sua como mais mas é são era foi está tem meu minha eu você ele ela eles isso ao',
};

const lists: Record<NameLanguage, Lists> = { en, de, fr, es, it, nl, pt };

/** Each word of a language's closed classes; the first class that names a word keeps it. */
export function* classWords(language: NameLanguage): Generator<readonly [string, number]> {
  for (const [name, words] of Object.entries(lists[language])) {
    const index = wordClasses.indexOf(name as WordClass);
    for (const word of words.split(' ')) yield [word, index];
  }
}
