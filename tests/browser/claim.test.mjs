// A device from its label to its owner, in a real browser with a real agent. Taps are counted by the browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openBrowser, openHouse, sees } from './harness.mjs';

const DEVICE = 'hearth-0001';
/** Most taps from the label to a device of one's own, besides the device's own confirmation. */
const TAPS_MAX = 3;

/** A house with a device that waits for somebody. */
async function houseWithDevice(t) {
  const house = await openHouse(t);
  await house.makeMaker();
  await house.publish();
  await house.device(DEVICE);
  house.startAgent(DEVICE);
  await house.online(DEVICE);
  return house;
}

test('three taps lead from the label to a device of one\'s own', async (t) => {
  const house = await houseWithDevice(t);
  const browser = await openBrowser(t, house);
  const code = await house.claimCode(DEVICE);

  // A code that is none, and one that is no code at all, say the same and tell nothing.
  const stranger = await browser.guest({ phone: true });
  const lost = await stranger.page();
  await stranger.open(lost, `/c/${'A'.repeat(code.length)}`, 404);
  await stranger.accessible(lost);
  const said = await lost.locator('main').innerText();
  await stranger.open(lost, '/c/no-code', 404);
  assert.equal(await lost.locator('main').innerText(), said);

  const ada = await browser.guest({ phone: true });
  const page = await ada.page();
  const keys = await ada.passkeys(page);
  await ada.open(page, `/c/${code}`);
  await ada.accessible(page);
  const card = await page.locator('main').innerText();
  for (const told of ['Made by', 'until 31 December 2034', 'What data it takes']) assert.ok(card.includes(told), told);
  assert.deepEqual(await page.context().cookies(), [], 'reading the label leaves nothing behind');

  assert.equal(ada.taps, 0);
  await page.locator('form.passkey input[name="name"]').tap();              // 1: her name
  await page.keyboard.type('Ada');
  await page.locator('form.passkey button').tap();                          // 2: the passkey; the claim follows by itself
  await page.waitForURL(/\/claims\//);
  await page.locator('.digits').waitFor();
  await ada.accessible(page);
  assert.match(await page.locator('.digits').innerText(), /^\d{3} \d{3}$/);
  assert.equal((await keys.credentials()).length, 1);
  await house.confirmAt(DEVICE);                                           // at the device
  await page.locator('ol.steps').waitFor();
  await ada.accessible(page);
  const done = ada.taps;
  await page.locator('a.button').tap();                                     // 3: to the device
  await page.waitForURL(/\/home$/);
  await page.getByRole('heading', { level: 2 }).first().waitFor();
  assert.ok(done >= 2, `${done} taps were counted`);
  assert.ok(ada.taps <= TAPS_MAX, `${ada.taps} taps`);
  t.diagnostic(`taps: ${done} until it is hers, ${ada.taps} until she sees it`);

  // The code has done its work: for somebody else it leads to a question to the owner, never to the device.
  await ada.open(page, `/c/${code}`);
  await page.locator('form[data-goes-on] button').tap();
  await page.locator('[role=alert]').waitFor();
  ada.expects(/status of 4\d\d/);
  await ada.accessible(page);
});

test('whoever has an account claims without scripts, and a no at the device is a no', async (t) => {
  const house = await houseWithDevice(t);
  const browser = await openBrowser(t, house);
  const ben = await browser.guest({ phone: true, javaScriptEnabled: false });
  const page = await ben.signIn(await house.link({ role: 'owner', name: 'Ben' }));
  await ben.open(page, `/c/${await house.claimCode(DEVICE)}`);
  await page.locator('form[data-goes-on] button').tap();
  await page.locator('.digits').waitFor();
  await house.answerAt(DEVICE, 'deny');
  // The browser loads the page anew by itself.
  await page.getByRole('heading', { name: 'The device was not claimed', level: 1 }).waitFor();
  await sees(page, 'Somebody at the device said no');
  await page.locator('form[action$="/again"] button').tap();
  await page.locator('.digits').waitFor();
  await house.answerAt(DEVICE, 'confirm');
  await page.locator('ol.steps').waitFor();
  await page.locator('a.button').tap();
  await page.waitForURL(/\/home$/);
});
