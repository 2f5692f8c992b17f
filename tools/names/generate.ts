import type { Chance } from '../chance.ts';
import { mapText, type Piece, plain, type Sample, textOf } from './sample.ts';
import { slots } from './slots.ts';
import { nothing } from './templates/nothing.ts';
import { programs } from './templates/programs.ts';
import { scrambled } from './templates/scrambled.ts';
import { foreign, sentences } from './templates/sentences.ts';

const relatives = ['wife', 'husband', 'son', 'daughter', 'brother', 'sister', 'mother', 'father', 'friend'];

/** Puts values into a template. */
export function fill(template: string, chance: Chance): Sample {
  const pieces: Piece[] = [];
  for (const part of template.split(/(\{[A-Za-z]+\})/)) {
    const name = /^\{([A-Za-z]+)\}$/.exec(part)?.[1];
    if (name === undefined) pieces.push(plain(part));
    else if (name === 'relative') pieces.push(plain(chance.pick(relatives)));
    else {
      const slot = slots[name];
      if (!slot) throw new Error(`no slot {${name}} for: ${template}`);
      const value = slot(chance);
      pieces.push(...(Array.isArray(value) ? (value as Piece[]) : [value as Piece]));
    }
  }
  return { pieces: pieces.filter(({ text }) => text !== '') };
}

const gaps = [' ', ' ', ' ', '\n', '\n\n', ' - ', '  '];

/** The share of texts that are pieces of programs. */
const PROGRAMS = 0.12;

function program(chance: Chance): Sample {
  const pieces: Piece[] = [];
  const count = 2 + chance.below(5);
  for (let k = 0; k < count; k++) {
    if (k > 0) pieces.push(plain(`\n${chance.pick(['', '', '  ', '    ', '\t'])}`));
    pieces.push(...fill(chance.pick(programs), chance).pieces);
  }
  return { pieces };
}

/** One training text: a few sentences, most of them with a name in them. */
export function generate(chance: Chance): Sample {
  if (chance.chance(PROGRAMS)) return program(chance);
  const pieces: Piece[] = [];
  const count = chance.chance(0.45) ? 1 : 2 + chance.below(3);
  for (let k = 0; k < count; k++) {
    if (k > 0) pieces.push(plain(chance.pick(gaps)));
    pieces.push(...fill(template(chance), chance).pieces);
  }
  return dressed({ pieces }, chance);
}

function template(chance: Chance): string {
  const kind = chance.next();
  if (kind < 0.5) return chance.pick(sentences);
  if (kind < 0.62) return chance.pick(scrambled);
  return kind < 0.67 ? chance.pick(foreign) : chance.pick(nothing);
}

/** As people type: without capitals, with too many, without a full stop. */
function dressed(sample: Sample, chance: Chance): Sample {
  const kind = chance.next();
  if (kind < 0.08) return mapText(sample, (text, { type }) => (type === 'found' ? text : text.toLowerCase()));
  if (kind < 0.14) return mapText(sample, (text, { type }) => (type === 'found' ? text : text.toUpperCase()));
  if (kind < 0.17) return mapText(sample, (text, { type }) => (type === 1 ? text.toUpperCase() : text));
  if (kind < 0.18) return mapText(sample, (text, { type }) => (type === 1 ? text.toLowerCase() : text));
  if (kind < 0.3 && /[.!?]$/.test(textOf(sample)))
    return {
      pieces: [...sample.pieces.slice(0, -1), plain(sample.pieces.at(-1)!.text.replace(/[.!?]$/, ''))],
    };
  if (kind < 0.34)
    return {
      pieces: [plain(chance.pick(['> ', '- ', '* ', '"', '(', '\n', 'ok. ', 'so '])), ...sample.pieces],
    };
  return sample;
}
