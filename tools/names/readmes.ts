import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Packages whose documents teach what is no name: prose about software, full of capitals. */
export const readmePackages = [
  '@nestjs/common',
  '@opentelemetry/api',
  '@peculiar/x509',
  'ajv',
  'axe-core',
  'commander',
  'dependency-cruiser',
  'fast-check',
  'fastify',
  'jest',
  'jose',
  'knip',
  'libphonenumber-js',
  'nodemailer',
  'ollama',
  'openai',
  'openid-client',
  'passport',
  'pg',
  'pino',
  'playwright-core',
  'prom-client',
  'rxjs',
  'smtp-server',
  'typeorm',
  'typescript',
  'undici',
  'uuid',
  'yaml',
  'zod',
];

const MAX_FILE_CHARS = 60_000;
/** Lines in which people are thanked or named. */
const NAMES_PEOPLE =
  /copyright|licen[cs]e|author|contribut|maintain|sponsor|thank|credit|created by|written by|inspired|team|@\w|©|mailto|\b(?:inc|ltd|llc)\b/i;
/** Logs of changes name people after the change. */
const NAMES_IN_BRACKETS = /\(\[?[A-Z][\p{L}'-]+(?: [A-Z][\p{L}.'-]*)+\]?[)(]/u;

/** The Markdown of an installed package, in a stable order. */
export function markdownOf(root: string, name: string): string[] {
  const texts: string[] = [];
  const walk = (folder: string, depth: number): void => {
    const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const file = path.join(folder, entry.name);
      if (entry.isDirectory() && depth < 4 && entry.name !== 'node_modules') walk(file, depth + 1);
      else if (/\.md$/i.test(entry.name) && !/^(?:authors|contributors|governance)/i.test(entry.name))
        texts.push(readFileSync(file, 'utf8').slice(0, MAX_FILE_CHARS));
    }
  };
  walk(path.join(root, 'node_modules', name), 0);
  return texts;
}

/** Paragraphs of a document without the lines that name people. */
export function paragraphs(text: string): string[] {
  return text
    .split(/\n\s*\n/)
    .filter((part) => part.length > 20 && !NAMES_PEOPLE.test(part) && !NAMES_IN_BRACKETS.test(part))
    .map((part) => part.slice(0, 1_500));
}

export function versionOf(root: string, name: string): string {
  return (
    JSON.parse(readFileSync(path.join(root, 'node_modules', name, 'package.json'), 'utf8')) as {
      version: string;
    }
  ).version;
}

/** Pieces of the source text of an installed package. */
export function codeOf(root: string, name: string): string[] {
  const pieces: string[] = [];
  const walk = (folder: string, depth: number): void => {
    const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      if (pieces.length >= MAX_PIECES) return;
      const file = path.join(folder, entry.name);
      if (entry.isDirectory() && depth < 3 && entry.name !== 'node_modules') walk(file, depth + 1);
      else if (/\.(?:js|ts|mjs|cjs|json|yml)$/.test(entry.name) && !/\.min\./.test(entry.name)) {
        const lines = readFileSync(file, 'utf8').slice(0, MAX_SOURCE_CHARS).split('\n');
        for (let at = 0; at < lines.length; at += 12) {
          const piece = lines.slice(at, at + 12).join('\n');
          if (piece.length < 1_500 && !NAMES_PEOPLE.test(piece)) pieces.push(piece);
        }
      }
    }
  };
  walk(path.join(root, 'node_modules', name), 0);
  return pieces.slice(0, MAX_PIECES);
}

const MAX_SOURCE_CHARS = 8_000;
const MAX_PIECES = 150;
