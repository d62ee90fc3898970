// A device from its label to its owner, to the household, and away again, in a real browser with a real agent.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { openBrowser, openHouse, until } from './harness.mjs';

const DEVICE = 'hearth-0001';

/** Says at the device that it may be claimed, as its button does. */
async function pressButton(house) {
  await until('the device to ask', async () => {
    try {
      await house.agentCommand('local', 'confirm', '--dir', house.path(DEVICE));
      return true;
    } catch {
      return false;
    }
  });
}

async function codeOf(house) {
  return (await readFile(house.path(DEVICE, 'claim-code'), 'utf8')).trim();
}

test('three taps lead from the label to a device of one\'s own, and on to the household', async (t) => {
  const house = await openHouse(t);
  await house.makeMaker();
  await house.device(DEVICE);
  house.startAgent(DEVICE);
  await house.online(DEVICE);
  const browser = await openBrowser(t, house);
  const code = await codeOf(house);

  const ada = await browser.guest({ phone: true });
  const page = await ada.page();
  await ada.passkeys(page);
  await page.goto(`/c/${code}`);
  await ada.accessible(page);
  assert.deepEqual(await page.context().cookies(), [], 'reading the label costs nothing');
  const name = page.locator('form.passkey input[name="name"]');
  if (await name.count()) await name.fill('Ada');
  await page.locator('form.passkey button').click();                       // 1: the account; the claim follows by itself
  await page.waitForURL(/\/claims\//);
  await ada.accessible(page);
  assert.match(await page.locator('.digits').innerText(), /^\d{3} \d{3}$/);
  await pressButton(house);                                                // 2: at the device
  await page.locator('.steps').waitFor();
  await ada.accessible(page);
  await page.locator('a.button').click();                                  // 3: done
  await page.waitForURL(/\/home/);

  // Somebody of the household, by a link that works once.
  const api = page.request;
  const rights = { control: false, manage_updates: false, see_data: true };
  const made = await api.post(`/api/v1/home/devices/${DEVICE}/invitations`, { data: rights, headers: { 'sec-fetch-site': 'same-origin' } });
  assert.equal(made.status(), 200, await made.text());
  const { url } = await made.json();
  const ben = await browser.guest({ phone: true });
  const his = await ben.page();
  await ben.passkeys(his);
  await his.goto(url);
  await ben.accessible(his);
  const hisName = his.locator('form.passkey input[name="name"]');
  if (await hisName.count()) await hisName.fill('Ben');
  await his.locator('form.passkey button').click();
  await his.waitForURL(/\/home/);
  const household = await (await api.get(`/api/v1/home/devices/${DEVICE}/household`)).json();
  assert.equal(household.members.length, 1);

  // Ada hands the device on to Ben: it is his at once, and nothing of hers is left.
  const to = household.members[0].person;
  const done = await api.post(`/api/v1/home/devices/${DEVICE}/transfer`, { data: { to }, headers: { 'sec-fetch-site': 'same-origin' } });
  assert.equal(done.status(), 200, await done.text());
  assert.equal((await (await api.get('/api/v1/home/devices')).json()).items.length, 0);
  const mine = await (await his.request.get('/api/v1/home/devices')).json();
  assert.equal(mine.items[0].place, 'owner');
});
