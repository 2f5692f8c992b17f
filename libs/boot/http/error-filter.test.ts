import { describe, expect, test } from '@jest/globals';
import { ForbiddenException, HttpException, NotFoundException } from '@nestjs/common';
import { CodedError } from '#contracts';
import { publicError } from './error-filter.ts';

describe('what a caller is told of an error', () => {
  test('is its code, its text and its public facts, where it has a code', () => {
    const error = new CodedError('approval.pending', 'Wait.', { details: { approval_id: 'a-1' } });
    expect(publicError(error)).toEqual({
      status: 503,
      body: { error: { code: 'approval.pending', message: 'Wait.', approval_id: 'a-1' } },
    });
  });

  test('never its cause', () => {
    const error = new CodedError('upstream.unavailable', 'Try again.', {
      cause: new Error('10.0.0.7 refused'),
    });
    expect(JSON.stringify(publicError(error))).not.toContain('10.0.0.7');
  });

  test.each([
    [new Error('password is hunter2'), 500],
    [new HttpException('secret detail', 500), 500],
    [new HttpException('secret detail', 502), 500],
    ['thrown text', 500],
    [undefined, 500],
    [{ statusCode: 'x', message: 'secret detail' }, 500],
  ])('is nothing of the inside, where something went wrong here: %p', (error, status) => {
    const answer = publicError(error);
    expect(answer.status).toBe(status);
    expect(answer.body.error.code).toBe('internal.error');
    expect(JSON.stringify(answer)).not.toMatch(/hunter2|secret detail|thrown text/);
  });

  test.each([
    [new NotFoundException(), 404, 'route.not_found'],
    [new ForbiddenException(), 403, 'access.forbidden'],
    [Object.assign(new Error('too large'), { statusCode: 413 }), 413, 'request.too_large'],
    [Object.assign(new Error('type'), { statusCode: 415 }), 415, 'request.unsupported_media_type'],
    [new HttpException('odd', 418), 418, 'request.invalid'],
  ])('is a stable code for what the framework refuses: %p', (error, status, code) => {
    expect(publicError(error)).toMatchObject({ status, body: { error: { code } } });
  });

  test('details can’t overrule the code', () => {
    const error = new CodedError('policy.denied', 'No.', { details: { rule: 'r' } });
    expect(publicError(error).body.error).toMatchObject({ code: 'policy.denied', rule: 'r' });
  });
});
