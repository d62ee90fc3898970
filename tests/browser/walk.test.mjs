// Every page, seen by an administrator and by an owner, with scripts and without.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ROUTES, openBrowser, openHouse, walk } from './harness.mjs';

const PUBLIC = ['/', '/sign-in', '/p'];
const CONSOLE = ['/console', '/account'];
const HOME = ['/home', '/account'];

/** Pages that this walk does not reach, each with the reason. This list may only shrink. */
const NOT_REACHED = {
  '/home/{device}': 'needs a device that was claimed: claim.test.mjs',
  '/home/devices/{id}': 'needs a device that was claimed: claim.test.mjs',
  '/home/devices/{id}/updates': 'needs a device that was claimed: claim.test.mjs',
  '/home/devices/{id}/people': 'needs a device that was claimed: claim.test.mjs',
  '/home/devices/{id}/leave': 'needs a device that was claimed: claim.test.mjs',
  '/c/{code}': 'needs a device that was claimed: claim.test.mjs',
  '/claims/{id}': 'needs a device that was claimed: claim.test.mjs',
  '/i/{secret}': 'needs a device that was claimed: claim.test.mjs',
  '/home/help/{id}': 'needs a question of an owner',
  '/console/help/{id}': 'needs a question of an owner',
  '/account/contact/confirm': 'is reached from a mail',
  '/console/search': 'answers a form',
  '/console/groups/{id}': 'a group is made by a form; looked at by `cargo xtask shots`',
  '/console/bulk/new': 'answers a form',
  '/console/bulk/{id}': 'an act on many is made by a form; looked at by `cargo xtask shots`',
  '/console/findings/{id}': 'a finding needs an hour of a device\'s life; looked at over made-up data by `cargo xtask shots`',
};

/** A house with a product that is published, two releases, a deployment, and a device that is online. */
async function livingHouse(t) {
  const house = await openHouse(t);
  await house.makeMaker();
  await house.publish();
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
  const looked = new Set();
  const starts = (all) => all.filter((path) => ROUTES.some((route) => route.path === path));

  async function visit(guest, page, from) {
    const look = async (_, path) => {
      await guest.accessible(page);
      looked.add(path);
    };
    const walked = await walk(guest, page, starts(from), guest.scripts ? look : null);
    for (const route of walked.seen.keys()) seen.add(route);
    assert.deepEqual(walked.wrong, []);
  }

  /** The same person in a browser without scripts. */
  async function withoutScripts(guest) {
    const storageState = await guest.context.storageState();
    const other = await browser.guest({ javaScriptEnabled: false, storageState });
    return [other, await other.page()];
  }

  const people = [
    ['anybody', PUBLIC, (guest) => guest.page()],
    ['an administrator', CONSOLE, async (guest) => guest.signIn(await house.link())],
    ['an owner', HOME, async (guest) => guest.signIn(await house.link({ role: 'owner', name: 'Olu Ade' }))],
  ];
  for (const [who, from, enter] of people) {
    await t.test(who, async () => {
      const guest = await browser.guest();
      const page = await enter(guest);
      await visit(guest, page, from);
      await visit(...(await withoutScripts(guest)), from);
      await guest.context.close();
    });
  }

  const missed = ROUTES.map((route) => route.path).filter((path) => !seen.has(path) && !(path in NOT_REACHED));
  assert.deepEqual(missed, [], 'pages to which no link leads');
  const reached = Object.keys(NOT_REACHED).filter((path) => seen.has(path));
  assert.deepEqual(reached, [], 'pages that are reached after all: take them off the list');
  assert.ok(looked.size > 20, `${looked.size} pages`);
});
