// Every page, seen by an administrator and by an owner, with scripts and without.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PRODUCT, ROUTES, openBrowser, openHouse, walk } from './harness.mjs';

const PUBLIC = ['/', '/sign-in', '/p'];
const CONSOLE = ['/console', '/account'];
const HOME = ['/home', '/account'];

/** Pages that this walk does not reach, each with the reason. This list may only shrink. */
const NOT_REACHED = {
  '/console/findings/{id}': 'a finding needs an hour of a device\'s life; looked at over made-up data by `cargo xtask shots`',
};

/** A house with a product, two releases, a deployment, and a device that is online. */
async function livingHouse(t) {
  const house = await openHouse(t);
  await house.makeMaker();
  await house.device('hearth-0001');
  house.startAgent('hearth-0001');
  await house.online('hearth-0001');
  const second = await house.release(2, '1.1.0', 'security', 'Removes a flaw.');
  await house.run('deployment', 'create', second.id);
  return house;
}

test('every page is there for an administrator and for an owner, with scripts and without', async (t) => {
  const house = await livingHouse(t);
  const browser = await openBrowser(t, house);
  const seen = new Set();
  const looked = new Map();

  async function visit(who, starts, link, scripts) {
    const guest = await browser.guest({ javaScriptEnabled: scripts });
    const page = link ? await guest.signIn(link) : await guest.page();
    const known = starts.filter((path) => ROUTES.some((route) => route.path === path));
    const look = async (_, path) => {
      await guest.accessible(page);
      looked.set(path, who);
    };
    const walked = await walk(guest, page, known, scripts ? look : null);
    for (const route of walked.seen.keys()) seen.add(route);
    await guest.context.close();
    assert.deepEqual(walked.wrong, []);
  }

  for (const scripts of [true, false]) {
    const how = scripts ? 'with scripts' : 'without scripts';
    await t.test(`anybody, ${how}`, () => visit('anybody', PUBLIC, null, scripts));
    await t.test(`an administrator, ${how}`, async () => visit('administrator', CONSOLE, await house.link(), scripts));
    await t.test(`an owner, ${how}`, async () => visit('owner', HOME, await house.link({ role: 'owner', name: 'Olu Ade' }), scripts));
  }

  const missed = ROUTES.map((route) => route.path).filter((path) => !seen.has(path) && !(path in NOT_REACHED));
  assert.deepEqual(missed, [], 'pages to which no link leads');
  const reached = Object.keys(NOT_REACHED).filter((path) => seen.has(path));
  assert.deepEqual(reached, [], 'pages that are reached after all: take them off the list');
  assert.ok(looked.size > 10, `${PRODUCT}: ${looked.size} pages`);
});
