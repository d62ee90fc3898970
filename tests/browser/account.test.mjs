// Signing in and one's own account: passkeys, second factor, recovery codes, sessions, confirming again.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';

import { openBrowser, openHouse, openMail, sees, until } from './harness.mjs';

const WORDS = 'violet harbour spoon eleven';

/** The code of a second factor (RFC 6238) for a secret in base 32, so many steps from now. */
function totp(secret, ahead = 0) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret.replaceAll(' ', '')].map((c) => letters.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + ahead));
  const mac = createHmac('sha1', key).update(step).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

const at = (page, path) => until(`the page ${path}`, () => new URL(page.url()).pathname === path);

/** Signs in by one tap. Chromium's suggestion may be faster than the tap: then the page is gone before it. */
async function tap(page, { touch }, path, name) {
  await touch(false);
  await page.goto(path);
  await touch(true);
  await page.getByRole('button', { name }).click({ timeout: 5_000 }).catch(() => {});
}

/** Presses a form's button and waits for the page that it leads to. */
async function press(page, button, path) {
  await Promise.all([page.waitForEvent('load'), button.click()]);
  await at(page, path);
}

test('a newcomer adds a passkey after the first link and signs in with it, on any page in their language', async (t) => {
  const house = await openHouse(t);
  const browser = await openBrowser(t, house);
  const guest = await browser.guest({ phone: true });
  guest.expects(/net::ERR_/);
  const page = await guest.signIn(await house.firstLink());
  await at(page, '/account/first');
  await guest.accessible(page);
  const keys = await guest.passkeys(page);

  await press(page, page.locator('form[data-passkey=add] button'), '/console');
  const credentials = await keys.credentials();
  assert.equal(credentials.length, 1);
  assert.equal(credentials[0].isResidentCredential, true, 'it is found without a name');

  await guest.look('/account');
  await guest.open(page, '/account');
  assert.match(await page.locator('main').innerText(), /My passkey/);
  await keys.touch(false);
  await press(page, page.getByRole('button', { name: 'Sign out', exact: true }).first(), '/sign-in');
  // One tap: no name is typed.
  await tap(page, keys, `${house.origin}/sign-in?lang=de`, 'Mit Passkey anmelden');
  await at(page, '/console');
  await keys.touch(false);
  await press(page, page.getByRole('button', { name: /Sign out|Abmelden/ }).first(), '/sign-in');
  await guest.look('/sign-in?lang=de');
  await guest.look('/recover');
});

test('the last way in stays, a second passkey may go, and a removed one opens nothing', async (t) => {
  const house = await openHouse(t);
  const browser = await openBrowser(t, house);
  const guest = await browser.guest();
  guest.expects(/status of 4\d\d/);
  const page = await guest.signIn(await house.firstLink());
  const keys = await guest.passkeys(page);
  await press(page, page.locator('form[data-passkey=add] button'), '/console');

  await guest.open(page, '/account');
  const remove = () => page.getByRole('button', { name: /^Remove My passkey/ }).first();
  await page.locator('ul.ways summary').first().click();
  await remove().click();
  await sees(page, 'the last way into your account');

  // A password with a second factor is another way in.
  await page.goto(`${house.origin}/account`);
  await page.getByRole('button', { name: 'Set up a second factor' }).click();
  const secret = await page.locator('pre.secret').innerText();
  await guest.accessible(page);
  await page.locator('input[name=code]').fill(totp(secret));
  await press(page, page.getByRole('button', { name: 'Confirm' }), '/account');
  await page.getByText('Set a password').click();
  await page.locator('form[action="/account/password"] input[name=login]').fill('ada');
  await page.locator('form[action="/account/password"] input[name=password]').fill('7ujMko0admin');
  await page.locator('form[action="/account/password"] button').click();
  await sees(page, 'known to attackers');
  await page.locator('form[action="/account/password"] input[name=password]').fill(WORDS);
  await press(page, page.locator('form[action="/account/password"] button'), '/account');
  await sees(page, 'The password is set');

  await page.locator('ul.ways summary').first().click();
  await press(page, remove(), '/account');
  await sees(page, 'The passkey is removed');
  await keys.touch(false);
  await page.getByRole('button', { name: 'Sign out', exact: true }).first().click();
  await at(page, '/sign-in');
  const credentials = await keys.credentials();
  assert.equal(credentials.length, 1, 'the phone still has it');
  await tap(page, keys, `${house.origin}/sign-in`, 'Sign in with a passkey');
  await sees(page, 'not known here');

  // Without scripts, by name, password and code; the code's step was used, so it is the next one's turn.
  const plain = await browser.guest({ javaScriptEnabled: false });
  const simple = await plain.page();
  await plain.open(simple, '/sign-in');
  await simple.getByText('With a password').click();
  const fill = async (code) => {
    await simple.locator('input[name=login]').fill('ada');
    await simple.locator('input[name=password]').fill(WORDS);
    await simple.locator('input[name=code]').fill(code);
    await simple.locator('form[action="/sign-in/password"] button').click();
  };
  plain.expects(/status of 401/);
  await fill('');
  await sees(simple, 'the name, the password or the code is wrong');
  await fill(totp(secret, 1));
  await at(simple, '/console');
  await plain.open(simple, '/account');
  await press(simple, simple.getByRole('button', { name: 'Remove the second factor' }), '/account');
  await press(simple, simple.getByRole('button', { name: 'Set up a second factor' }), '/account/second-factor');
});

test('what is dangerous asks again after ten minutes, and a proof lets it through', async (t) => {
  const house = await openHouse(t);
  const browser = await openBrowser(t, house);
  const guest = await browser.guest();
  guest.expects(/net::ERR_/);
  const page = await guest.signIn(await house.firstLink());
  await guest.passkeys(page);
  await press(page, page.locator('form[data-passkey=add] button'), '/console');
  // Ten minutes pass by what the server remembers, not by waiting.
  await house.alter('update session set authenticated = authenticated - 601000000');
  await page.goto(`${house.origin}/account`);
  await sees(page, 'confirm first that it is you');
  await guest.look('/account/confirm');
  await page.getByRole('link', { name: 'Confirm' }).click();
  await at(page, '/account/confirm');
  const before = (await guest.context.cookies()).find((cookie) => cookie.name === '__Host-holdfast').value;
  await press(page, page.getByRole('button', { name: 'Confirm with a passkey' }), '/account');
  const after = (await guest.context.cookies()).find((cookie) => cookie.name === '__Host-holdfast').value;
  assert.notEqual(before, after, 'the session has a new secret');
  await press(page, page.getByRole('button', { name: 'Make new codes' }), '/account/recovery-codes');
  assert.equal(await page.locator('.codes li').count(), 10);
  await guest.accessible(page);
});

test('a recovery code lets a new passkey in after a day, and whoever is signed in can stop it', async (t) => {
  const mail = await openMail(t);
  const house = await openHouse(t, { config: mail.config });
  const browser = await openBrowser(t, house);
  const owner = await browser.guest({ phone: true });
  owner.expects(/net::ERR_/);
  const page = await owner.signIn(await house.firstLink());
  await owner.passkeys(page);
  await press(page, page.locator('form[data-passkey=add] button'), '/console');
  // An address that was proven: what happens to the account is told there too.
  await owner.open(page, '/account/contact');
  await page.locator('input[name=address]').fill('ada@mail.example');
  await press(page, page.locator('form[action="/account/contact"] button'), '/account/contact');
  await owner.accessible(page);
  const { text } = await mail.next('ada@mail.example', /./);
  const link = new URL(text.match(/https:\S+\/account\/contact\/confirm\?code=\w+/)[0]);
  await owner.open(page, link.pathname + link.search);
  await owner.accessible(page);
  await page.locator('main form button').click();
  await sees(page, 'The address is confirmed');

  const newCodes = async () => {
    await owner.open(page, '/account');
    await press(page, page.getByRole('button', { name: 'Make new codes' }), '/account/recovery-codes');
    await mail.next('ada@mail.example', /New recovery codes were made/);
    return page.locator('.codes code').allInnerTexts();
  };
  const codes = await newCodes();

  const recover = async (code) => {
    const stranger = await browser.guest();
    stranger.expects(/status of 4\d\d/, /net::ERR_/);
    const lost = await stranger.page();
    await stranger.open(lost, '/recover');
    await stranger.accessible(lost);
    const keys = await stranger.passkeys(lost);
    await lost.locator('input[name=code]').fill(code.toLowerCase());
    await lost.getByRole('button', { name: 'Add a new passkey' }).click();
    await lost.waitForLoadState();
    return { stranger, lost, keys };
  };
  const first = await recover(codes[0]);
  await sees(first.lost, 'counts from');
  const warning = await mail.next('ada@mail.example', /recovers your account/);
  const objection = new URL(warning.text.match(/https:\S+\/account\/not-me\?code=\S+/)[0]);
  await owner.look(objection.pathname + objection.search);
  await tap(first.lost, first.keys, `${house.origin}/sign-in`, 'Sign in with a passkey');
  await sees(first.lost, 'after the waiting time');

  await owner.open(page, '/account');
  await sees(page, 'Somebody wants to get into your account');
  await owner.accessible(page);
  await press(page, page.getByRole('button', { name: 'That was not me: stop it' }), '/account');
  await sees(page, 'The recovery is stopped');

  // The sheet is in other hands: none of its codes counts any more.
  const again = await recover(codes[1]);
  await sees(again.lost, 'not known, or was used before');

  // A code of a new sheet, undisturbed, opens after its day, once, and ends every other session.
  const [code] = await newCodes();
  const second = await recover(code);
  await sees(second.lost, 'counts from');
  const third = await recover(code);
  await sees(third.lost, 'not known, or was used before');
  await house.alter('update recovery set until = until - 86400000000', 'update passkey set counts_from = min(counts_from, created)');
  await tap(second.lost, second.keys, `${house.origin}/sign-in`, 'Sign in with a passkey');
  await at(second.lost, '/console');
  await page.goto(`${house.origin}/account`);
  await at(page, '/sign-in');
});

test('sessions are listed, and all others end at once', async (t) => {
  const house = await openHouse(t);
  const browser = await openBrowser(t, house);
  const one = await browser.guest();
  const page = await one.signIn(await house.link());
  const other = await browser.guest({ phone: true });
  const there = await other.signIn(await house.link());
  await one.open(page, '/account');
  assert.ok((await page.locator('section[aria-labelledby=sessions] li').count()) >= 2);
  await press(page, page.getByRole('button', { name: 'Sign out everywhere else' }), '/account');
  assert.equal(await page.locator('section[aria-labelledby=sessions] li').count(), 1);
  await there.goto(`${house.origin}/account`);
  await at(there, '/sign-in');
});
