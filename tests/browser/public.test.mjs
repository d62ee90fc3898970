// What anyone reads about a product: nothing before it is published, then everything, without cookie or script; an extension at once.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PRODUCT, openBrowser, openHouse } from './harness.mjs';

const PAGES = ['', '/support', '/privacy', '/security', '/statement', '/retail'];

test('a product is read by anyone, in two languages, and a longer promise shows at once', async (t) => {
  const house = await openHouse(t);
  await house.makeMaker();
  const browser = await openBrowser(t, house);
  const guest = await browser.guest({ javaScriptEnabled: false, phone: true });
  const page = await guest.page();

  await guest.open(page, `/p/${PRODUCT}`, 404);
  const before = await page.locator('main h1').textContent();
  await guest.open(page, '/p/no-such-product', 404);
  assert.equal(await page.locator('main h1').textContent(), before, 'a draft looks like nothing');

  await house.publish();
  for (const [lang, until] of [['en', '31 December 2034'], ['de', '31. Dezember 2034']]) {
    for (const below of PAGES) {
      await guest.open(page, `/p/${PRODUCT}${below}?lang=${lang}`);
      assert.equal(await page.locator('html').getAttribute('lang'), lang);
      assert.ok((await page.locator('main').textContent()).includes(until) || ['/privacy', '/security'].includes(below), below);
    }
  }
  assert.deepEqual(await guest.context.cookies(), [], 'no page set a cookie');

  const shorter = await house.attempt('product', 'extend', PRODUCT, '2030-12-31');
  assert.match(shorter.error, /support-never-shortened/);
  await house.run('product', 'extend', PRODUCT, '2036-12-31');
  await guest.open(page, `/p/${PRODUCT}?lang=en`);
  assert.equal(await page.locator('.lifetime-card time').textContent(), '31 December 2036');
  const product = await (await guest.open(page, `/p/${PRODUCT}.jsonld`)).json();
  assert.equal(product.additionalProperty.find((one) => one.propertyID === 'securitySupportEnd').value, '2036-12-31');
  await guest.open(page, `/p/${PRODUCT}/support?lang=en`);
  const promises = await page.locator('section[aria-labelledby=promises] li').allTextContents();
  assert.deepEqual(promises.map((words) => words.split('until ')[1]), ['31 December 2036', '31 December 2034']);
  await guest.open(page, `/p/${PRODUCT}/statement?lang=en`);
  assert.ok((await page.locator('main').textContent()).includes('31 December 2034'), 'the statement keeps the first promise');
});
