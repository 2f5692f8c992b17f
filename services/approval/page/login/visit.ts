import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { Whoami } from '#contracts';
import { type Fields, fieldsOf } from '../desk-forms.ts';
import { Rest } from '../rest.ts';
import type { Viewer } from '../views/layout.ts';
import { type Session, Sessions } from './session.ts';

/** One request of a person who is logged in. */
export interface Visit {
  viewer: Viewer;
  /** The fields of the form they sent; empty for a GET. */
  fields: Fields;
  get<S extends z.ZodType>(schema: S, path: string): Promise<z.infer<S>>;
  post<S extends z.ZodType>(schema: S, path: string, body: object): Promise<z.infer<S>>;
}

/** Lets people in: by their session, and for a form only where one of our pages made it. */
@Injectable()
export class Visits {
  constructor(
    private readonly sessions: Sessions,
    private readonly rest: Rest,
  ) {}

  /** Somebody looks. Throws `token.missing`, `token.invalid` or `token.expired` where they have to log in. */
  async look(request: FastifyRequest): Promise<Visit> {
    return this.visit(request, await this.sessions.of(request), {});
  }

  /** Somebody sent a form. Throws `access.forbidden` for one that this session's pages did not make. */
  async act(request: FastifyRequest): Promise<Visit> {
    const session = await this.sessions.of(request);
    const fields = fieldsOf(request.body);
    this.sessions.checkForm(request, session, fields.csrf);
    return this.visit(request, session, fields);
  }

  private async visit(request: FastifyRequest, session: Session | undefined, fields: Fields): Promise<Visit> {
    const person = await this.rest.call(Whoami, request, session, { path: '/v1/whoami' });
    return {
      viewer: { person, formToken: session ? this.sessions.formToken(session) : '' },
      fields,
      get: (schema, path) => this.rest.call(schema, request, session, { path }),
      post: (schema, path, body) => this.rest.call(schema, request, session, { path, body }),
    };
  }
}
