import { describe, expect, test } from '@jest/globals';
import { MaskingProfile } from '#contracts';
import { compileMasker } from '../../masker.ts';

const masker = compileMasker(MaskingProfile.parse({ packs: ['secrets'] }), {
  key: new Uint8Array(16),
  scope: 'places',
});
const secrets = (text: string) => masker.findSpans(text).map(({ start, end }) => text.slice(start, end));
const drawn = 'q7Rk2mXv9TbW4cZd';

describe('a password said in a sentence is found', () => {
  test.each([
    'Das Passwort lautet sommer77x und gilt ab heute.',
    'Le mot de passe est sommer77x, merci.',
    'La contraseña es sommer77x y el usuario es root.',
    'La password del server è sommer77x.',
    'Het wachtwoord is sommer77x, groetjes',
    'A senha é sommer77x e pronto.',
    'Hasło: sommer77x',
    'пароль: sommer77x, логин: admin',
    '密码是sommer77x',
    'パスワードは sommer77x です',
    'We changed the password to sommer77x yesterday.',
    'The password for the staging server is sommer77x.',
  ])('%s', (text) => {
    expect(secrets(text)).toEqual(['sommer77x']);
  });
});

describe('a credential that only its place tells is found', () => {
  test.each([
    `new mysqli('db.internal', 'root', '${drawn}')`,
    `DriverManager.getConnection(url, "app", "${drawn}")`,
    `server.login("ada", "${drawn}")`,
    `requests.get(url, auth=("ada", "${drawn}"))`,
    `Cookie: theme=dark; PREF_ID=${drawn}; lang=en`,
    `login with ada / ${drawn}`,
  ])('%s', (text) => {
    expect(secrets(text)).toEqual([drawn]);
  });
});

describe('what only stands in such a place stays', () => {
  test.each([
    'Das Passwort ist falsch. Le mot de passe est obligatoire.',
    'La contraseña es obligatoria y la senha é curta.',
    'the password is required, and the password to reset is long',
    'server.login("ada", password)',
    'Cookie: theme=dark; consent=accepted-by-visitor',
    'input / output2024 and width / height12',
    'PREF_ID=q7Rk2mXv9TbW4cZd is no cookie here',
    'sqlite3_api->prepare16_v2',
    'password kill-ingress-3-1795431931663',
  ])('%s', (text) => {
    expect(secrets(text)).toEqual([]);
  });
});
