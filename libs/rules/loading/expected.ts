import { z } from 'zod';
import { PolicyDocument } from '#contracts';
import type { DocumentPath } from './source-map.ts';

type Issue = z.core.$ZodIssue;

/** A schema fault as people read it: where, and what was expected there. */
export interface SchemaFault {
  readonly path: DocumentPath;
  /** The entry whose name is at fault, below `path`. */
  readonly key?: string;
  readonly message: string;
}

/** Reads zod's issues: one fault each, unions reduced to the option that came closest. */
export function schemaFaults(issues: readonly Issue[]): SchemaFault[] {
  return issues.flatMap((issue) => faultsOf(issue, []));
}

function faultsOf(issue: Issue, prefix: DocumentPath): SchemaFault[] {
  const path = [...prefix, ...(issue.path as (string | number)[])];
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysAt(path);
      const expected = known.length === 0 ? '' : `; expected one of: ${known.join(', ')}`;
      return issue.keys.map((key) => ({ path, key, message: `unknown key "${key}"${expected}` }));
    }
    case 'invalid_union': {
      const closest = closestOption(issue.errors);
      if (closest !== undefined) return closest.flatMap((inner) => faultsOf(inner, path));
      return [{ path, message: `expected ${optionNames(issue) ?? 'another value'}` }];
    }
    case 'invalid_key': {
      const message = issue.issues[0]?.message ?? 'expected another name';
      const key = String(path[path.length - 1] ?? '');
      return [{ path: path.slice(0, -1), key, message }];
    }
    case 'invalid_value':
      return [{ path, message: `expected ${orList(issue.values.map((value) => String(value)))}` }];
    case 'invalid_type':
      return [{ path, message: typeMessage(issue) }];
    default:
      return [{ path, message: issue.message }];
  }
}

function typeMessage(issue: z.core.$ZodIssueInvalidType): string {
  const missing = issue.message.endsWith('received undefined');
  const expected = issue.expected === 'record' ? 'object' : issue.expected;
  const name =
    expected === 'object' ? 'a section with entries' : expected === 'array' ? 'a list' : `a ${expected}`;
  return missing ? `missing; expected ${name}` : `expected ${name}`;
}

/** The option whose faults lie deepest: what the author meant. Undefined where no option fits at all. */
function closestOption(options: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  let best: readonly Issue[] | undefined;
  let bestDepth = -1;
  for (const option of options) {
    const depth = Math.max(
      ...option.map(({ path, code }) => path.length + (code === 'invalid_type' ? 0 : 0.5)),
    );
    if (option.length > 0 && depth > bestDepth) {
      best = option;
      bestDepth = depth;
    }
  }
  return best;
}

function optionNames(issue: z.core.$ZodIssueInvalidUnion): string | undefined {
  return 'options' in issue && issue.options !== undefined ? orList(issue.options.map(String)) : undefined;
}

function orList(values: readonly string[]): string {
  return values.length < 2
    ? values.join('')
    : `${values.slice(0, -1).join(', ')} or ${values[values.length - 1]}`;
}

/** The keys that the schema knows at a path. */
function keysAt(path: DocumentPath): string[] {
  let schemas: z.core.$ZodType[] = [PolicyDocument];
  for (const step of path) schemas = schemas.flatMap((schema) => below(schema, step));
  return [...new Set(schemas.flatMap((schema) => options(schema).flatMap(shapeKeys)))].sort();
}

function shapeKeys(schema: z.core.$ZodType): string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape as object) : [];
}

/** The schemas that a wrapper or union may stand for. */
function options(schema: z.core.$ZodType): z.core.$ZodType[] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => options(option));
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return options(schema.def.innerType);
  }
  if (schema instanceof z.ZodPipe) return options(schema.def.out);
  return [schema];
}

function below(schema: z.core.$ZodType, step: string | number): z.core.$ZodType[] {
  return options(schema).flatMap((option): z.core.$ZodType[] => {
    if (option instanceof z.ZodObject) {
      const field = (option.shape as Record<string, z.core.$ZodType>)[String(step)];
      return field === undefined ? [] : [field];
    }
    if (option instanceof z.ZodArray) return [option.element];
    if (option instanceof z.ZodRecord) return [option.valueType];
    return [];
  });
}
