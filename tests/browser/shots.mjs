// `cargo xtask shots`: a picture of each page over made-up data, phone and desktop, light and dark, with an index to look
// through. The pages come from the preview of holdfast-web; who may see a page is taken from the route table.

import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { ROUTES, openBrowser, walk } from './harness.mjs';
import { headersOf, openPreview } from './preview.mjs';

const out = process.argv[2] ?? 'target/shots';
/** Words after the folder are parts of paths: only pages that hold one of them. */
const wanted = process.argv.slice(3);
const SIZES = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };
const SCHEMES = ['light', 'dark'];
/** Charts and numbers of a page settle within this, in ms. */
const SETTLE_MS = 400;

const ends = [];
const t = { after: (end) => ends.push(end) };

async function shoot(words, label, index) {
  const house = await openPreview(words);
  ends.push(house.end);
  const browser = await openBrowser(t, house);
  const starts = ROUTES.map(({ path: route }) => route).filter((route) => !route.includes('{'));
  const visits = [
    ['anybody', house.pages.anybody, (route) => !route.startsWith('/console') && !route.startsWith('/home') && !route.startsWith('/account')],
    ['administrator', [], (route) => route.startsWith('/console') || route.startsWith('/account')],
    ['owner', house.pages.owner, (route) => /^\/(home|account|claims|c)(\/|$)/.test(route)],
  ];
  for (const [who, more, theirs] of visits) {
    const guest = await browser.guest({ extraHTTPHeaders: headersOf(house, who === 'anybody' ? null : who) });
    guest.expects(/./);
    const page = await guest.page();
    await walk(guest, page, [...starts.filter(theirs), ...more], async (_, place) => {
      if (!theirs(place) || (wanted.length > 0 && !wanted.some((part) => place.includes(part)))) return;
      const name = `${label}${who}${place.replace(/[^a-z0-9]+/gi, '_')}`;
      const files = [];
      for (const [size, viewport] of Object.entries(SIZES)) {
        await page.setViewportSize(viewport);
        for (const colorScheme of SCHEMES) {
          await page.emulateMedia({ colorScheme });
          await page.waitForTimeout(SETTLE_MS);
          const file = `${name}.${size}.${colorScheme}.png`;
          await page.screenshot({ path: path.join(out, file), fullPage: true });
          files.push(file);
        }
      }
      index.push({ who, place, label, title: await page.title(), files });
    });
    await guest.context.close();
  }
  await browser.close();
  await house.end();
}

const escape = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const index = [];
try {
  await shoot([], '', index);
  await shoot(['--empty'], 'empty_', index);
} catch (why) {
  console.error(why);
  process.exitCode = 1;
} finally {
  for (const end of ends) await Promise.resolve(end()).catch(() => {});
}
const rows = index.map(({ who, place, label, title, files }) => `<section><h2>${escape(title)}</h2>
<p>${escape(place)} · ${who}${label ? ' · nothing there yet' : ''}</p>
<div>${files.map((file) => `<a href="${file}"><img loading="lazy" src="${file}" alt="${escape(file)}"></a>`).join('\n')}</div></section>`);
await writeFile(path.join(out, 'index.html'), `<!doctype html><html lang="en"><meta charset="utf-8"><title>Every page</title>
<style>body{font:1rem system-ui;margin:1rem}div{display:flex;gap:1rem;overflow-x:auto;align-items:start}img{height:28rem;border:1px solid #888}</style>
<h1>Every page (${index.length})</h1>
${rows.join('\n')}
`);
console.log(`${index.length} pages, ${index.length * 4} pictures`);
process.exit(process.exitCode ?? 0);
