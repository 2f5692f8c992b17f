/** Digits and signs that stand for letters. Letters that share a stand-in (`1` for i and l) share a class. */
const standIns: Record<string, string> = {
  i: '1!|l',
  o: '0',
  e: '3',
  a: '4@',
  s: '5$',
  t: '7+',
  b: '8',
  g: '9',
  z: '2',
};

const classes = new Uint8Array(128);
for (let unit = 0; unit < 128; unit++) classes[unit] = unit;
for (const [letter, others] of Object.entries(standIns)) {
  for (const other of others) classes[other.charCodeAt(0)] = letter.charCodeAt(0);
}

/** The class of a folded ASCII code unit: equal for a letter and its stand-ins. */
export function leetClass(unit: number): number {
  return unit < 128 ? classes[unit]! : unit;
}

const lowerA = 97;
const lowerZ = 122;

/** True where `seen` (folded, of the letter's class) is a digit or sign in the place of a letter. */
export function standsIn(seen: number, letter: number): boolean {
  return seen !== letter && letter >= lowerA && letter <= lowerZ && (seen < lowerA || seen > lowerZ);
}
