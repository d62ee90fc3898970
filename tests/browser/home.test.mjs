// Life with a device: saying yes to an update, a household with limited rights, handing on, giving away. By the pages alone.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openBrowser, openHouse, sees, until } from './harness.mjs';

const DEVICE = 'hearth-0001';
const HERE = `/home/devices/${DEVICE}`;

/** A house with a device that Ada claimed on her phone; her page at home. */
async function adasHouse(t) {
  const house = await openHouse(t);
  await house.makeMaker();
  await house.device(DEVICE);
  house.startAgent(DEVICE);
  await house.online(DEVICE);
  const browser = await openBrowser(t, house);
  const ada = await browser.guest({ phone: true });
  const page = await ada.claim(DEVICE, 'Ada');
  return { house, browser, ada, page };
}

const at = (page, path) => page.waitForURL((url) => url.pathname === path);

test('nothing new is installed without the owner\'s yes, and then the page tells how it goes', async (t) => {
  const { house, ada, page } = await adasHouse(t);
  const release = await house.release(2, '1.1.0', 'feature', 'Learns when you are at home.');
  await house.run('deployment', 'create', release.id);
  const runs = async () => (await house.run('device', 'show', DEVICE)).software.version;
  const ready = page.getByText('Version 1.1.0 with something new is ready');
  await until('the question at home', async () => (await ready.count()) || (await page.reload(), 0));
  await ada.accessible(page);
  await page.locator(`a[href^="${HERE}/updates"]`).first().tap();
  await at(page, `${HERE}/updates`);
  await sees(page, 'It waits for your yes');
  for (const told of ['Learns when you are at home.', 'Without it: Learns when you are at home.', 'Size', 'What you notice', 'If it goes wrong']) {
    await sees(page, told, { exact: true });
  }
  await ada.accessible(page);

  // Not this one, then tonight, then now: a mind may be changed.
  await page.getByText('Not this one …').tap();
  await page.getByRole('button', { name: 'Do not install this one' }).tap();
  await sees(page, 'You said: not this one');
  await ada.accessible(page);
  await page.getByRole('button', { name: 'Install tonight' }).tap();
  await sees(page, 'It is installed in the night');
  assert.equal(await runs(), '1.0.0');
  await page.getByRole('button', { name: 'Install now' }).tap();
  await sees(page, 'Good. The device begins');
  // From here on nothing is touched: the page follows the device.
  const touched = ada.taps;
  await page.locator('section[aria-labelledby=past] li').filter({ hasText: '1.1.0' }).waitFor();
  assert.equal(ada.taps, touched);
  assert.equal(await runs(), '1.1.0');
  await ada.accessible(page);
});

test('a household is invited with limited rights; who is handed the device can give it away, and its label begins anew', async (t) => {
  const { house, browser, ada, page } = await adasHouse(t);
  await ada.open(page, `${HERE}/people`);
  await ada.accessible(page);
  const invite = page.locator(`form[action="${HERE}/people/invite"]`);
  await invite.locator('input[name=control]').uncheck();
  await invite.locator('input[name=data]').check();
  await invite.locator('button').tap();
  await sees(page, 'Your invitation');
  await ada.accessible(page);
  const link = await page.locator('[data-link]').innerText();
  assert.ok(link.startsWith(`${house.origin}/i/`), link);

  const ben = await browser.guest({ phone: true });
  const his = await ben.page();
  await ben.passkeys(his);
  await ben.open(his, new URL(link).pathname);
  await ben.accessible(his);
  await ben.signUp(his, 'Ben');
  await at(his, '/home');
  const late = await browser.guest({ phone: true });
  const tooLate = await late.page();
  await late.open(tooLate, new URL(link).pathname, 404);
  await late.accessible(tooLate);
  assert.equal(await tooLate.locator('form.passkey').count(), 0, 'an invitation works once');

  // Ben sees what it sent, and may set nothing, choose nothing, invite nobody.
  await ben.open(his, HERE);
  await ben.accessible(his);
  await sees(his, 'has not given you the right to change settings');
  assert.equal(await his.locator(`form[action="${HERE}/settings"]`).count(), 0);
  await ben.open(his, `${HERE}/people`);
  assert.equal(await his.locator('form.rights').count(), 0);
  await ben.open(his, `${HERE}/leave`);
  await ben.accessible(his);
  assert.equal(await his.locator('input[value=transfer], input[value=release]').count(), 0);

  // Ada gives him more, and then the device.
  await ada.open(page, `${HERE}/people`);
  await page.locator('details summary', { hasText: 'Ben' }).tap();
  const rights = page.locator(`form[action*="/rights"]`);
  await rights.locator('input[name=control]').check();
  await rights.locator('button').tap();
  await sees(page, 'The rights are saved');
  await ben.open(his, HERE);
  await his.locator(`form[action="${HERE}/settings"]`).waitFor();

  await ada.open(page, `${HERE}/leave`);
  await ada.accessible(page);
  const transfer = page.locator('section[aria-labelledby=transfer]');
  await transfer.locator('input[type=checkbox]').check();
  await transfer.getByRole('button').tap();
  await at(page, '/home');
  await sees(page, 'Bring your first device home');
  await page.goto(new URL(HERE, house.origin).href);
  ada.expects(/status of 404/);
  assert.ok(!(await page.locator('main').innerText()).includes('Hearth'), 'nothing of it is hers any more');

  // It erases itself for him; then he gives it away altogether.
  await until('the device to come back as his', async () => (await ben.open(his, HERE)) && (await house.wiped(DEVICE)) === 1);
  await ben.open(his, `${HERE}/leave`);
  const release = his.locator('section[aria-labelledby=release]');
  await release.locator('input[type=checkbox]').check();
  await release.getByRole('button').tap();
  await at(his, '/home');
  await sees(his, 'Bring your first device home');
  await until('the device erased for the second time', async () => (await house.wiped(DEVICE)) === 2);
  await house.online(DEVICE);

  const cleo = await browser.guest({ phone: true });
  await cleo.claim(DEVICE, 'Cleo');
});
