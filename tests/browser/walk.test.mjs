// Every page, seen by everybody who may see it, with scripts and without: in a living house with a home, and over made-up
// data, which fills every page and leaves every page empty.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ROUTES, openBrowser, openHouse, openMail, openPreview, headersOf, walk } from './harness.mjs';

const DEVICE = 'hearth-0001';

/** Pages that answer a form: no link leads to them, their form's fields are their address. */
const ASKED = {
  console: ['/console/search?q=hearth', '/console/bulk/new?filter=', '/console/bulk/new?filter=&act=quarantine'],
  home: (label) => [`/home/add?code=${label.split('/').at(-1)}`, `/home/${DEVICE}`],
};
const PUBLIC = ['/', '/sign-in', '/p', '/recover'];
const CONSOLE = ['/console', '/account', ...ASKED.console];
const HOME = ['/home', '/account'];

/** Pages that no walk reaches, each with the reason. This list may only shrink. */
const NOT_REACHED = {};

/** The routes that were seen by all walks together. */
const seen = new Set();

/** Walks as one person, looking closely with scripts, and once more without; of each route at so many pages. */
async function visit(browser, same, options, enter, from) {
  const guest = await browser.guest(options);
  const page = await enter(guest);
  let looked = 0;
  const closely = await walk(guest, page, from, async () => {
    await guest.accessible(page);
    looked += 1;
  }, same);
  const storageState = await guest.context.storageState();
  await guest.context.close();
  const plain = await browser.guest({ ...options, javaScriptEnabled: false, storageState });
  const plainly = await walk(plain, await plain.page(), from, null, same);
  await plain.context.close();
  for (const route of closely.seen.keys()) seen.add(route);
  assert.deepEqual([...closely.wrong, ...plainly.wrong], []);
  const missed = [...closely.seen.keys()].filter((route) => !plainly.seen.has(route));
  assert.deepEqual(missed, [], 'pages to which a link leads only with scripts');
  return looked;
}

test('every page of a living house is there for whoever may see it', async (t) => {
  const mail = await openMail(t);
  const oidc = '[oidc]\nissuer = "https://id.hearth.example"\nclient_id = "holdfast"\nname = "Hearth"\n';
  const house = await openHouse(t, { config: mail.config + oidc });
  await house.makeMaker();
  await house.publish();
  await house.device(DEVICE);
  house.startAgent(DEVICE);
  await house.online(DEVICE);
  await house.run('group', 'put', 'pilots', '--about', 'Homes that try first.');
  await house.run('bulk', 'run', 'join', '--group', 'pilots', '--device', DEVICE, '--yes');
  const browser = await openBrowser(t, house);

  // A home: claimed, somebody invited, a question asked, an address waiting to be proven, an update waiting for a yes.
  const ada = await browser.guest();
  const page = await ada.claim(DEVICE);
  const press = async (path, form, fill = async () => {}) => {
    await ada.open(page, path);
    const found = page.locator(`form[action="${form}"]`);
    await fill(found);
    await Promise.all([page.waitForEvent('load'), found.locator('button').click()]);
  };
  await press(`/home/devices/${DEVICE}/people`, `/home/devices/${DEVICE}/people/invite`);
  const invitation = await page.locator('[data-link]').getAttribute('data-link');
  await press('/home/help', '/home/help', (form) => form.locator('textarea').fill('It is cold.'));
  await press('/account/contact', '/account/contact', (form) => form.locator('input[name=address]').fill('ada@mail.example'));
  const { text } = await mail.next('ada@mail.example', /./);
  const [, confirm] = text.match(/https:\/\/[^/]+(\/account\/contact\/confirm\?code=\w+)/);
  const second = await house.release(2, '1.1.0', 'feature', 'Learns when you are at home.');
  await house.run('deployment', 'create', second.id);
  const storageState = await ada.context.storageState();

  const label = `/c/${await house.claimCode(DEVICE)}`;
  const link = await house.link();
  const toConsole = async (guest) => guest.signIn(link);
  const straight = (guest) => guest.page();
  await t.test('anybody', async (t) => {
    t.diagnostic(`${await visit(browser, 1, {}, straight, [...PUBLIC, label, invitation, confirm])} pages`);
  });
  await t.test('an administrator', async (t) => {
    t.diagnostic(`${await visit(browser, 1, {}, toConsole, CONSOLE)} pages`);
  });
  await t.test('an owner', async (t) => {
    const from = [...HOME, ...ASKED.home(label), '/account/confirm', '/account/first', label, ada.claimed];
    t.diagnostic(`${await visit(browser, 1, { storageState }, straight, from)} pages`);
  });
});

for (const [how, words] of [['full', []], ['empty', ['--empty']]]) {
  test(`every page holds made-up data, ${how}`, async (t) => {
    const house = await openPreview(words);
    const browser = await openBrowser(t, house);
    t.after(house.end);
    const people = [
      ['anybody', null, [...PUBLIC, ...house.pages.anybody]],
      ['administrator', 'administrator', CONSOLE],
      ['owner', 'owner', [...HOME, ...house.pages.owner, ...(words.length ? [] : ASKED.home(house.pages.anybody[0]))]],
    ];
    for (const [who, role, from] of people) {
      await t.test(who, async (t) => {
        const extraHTTPHeaders = headersOf(house, role);
        t.diagnostic(`${await visit(browser, words.length ? 1 : 2, { extraHTTPHeaders }, (guest) => guest.page(), from)} pages`);
      });
    }
  });
}

test('no page is left out', () => {
  const missed = ROUTES.map((route) => route.path).filter((path) => !seen.has(path) && !(path in NOT_REACHED));
  assert.deepEqual(missed, [], 'pages to which nothing leads');
  const reached = Object.keys(NOT_REACHED).filter((path) => seen.has(path));
  assert.deepEqual(reached, [], 'pages that are reached after all: take them off the list');
});
