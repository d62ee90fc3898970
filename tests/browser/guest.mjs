// A browser and who sits before it. Owns what is watched on every page: errors, policy violations, requests elsewhere, axe.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { until } from './house.mjs';

const modules = process.env.HOLDFAST_NODE_MODULES;
if (!modules) throw new Error('HOLDFAST_NODE_MODULES is not set: run the tests with `cargo xtask test browser`');
const need = createRequire(`${modules}/`);
const { chromium } = need('playwright-core');
const AXE = readFileSync(need.resolve('axe-core/axe.min.js'), 'utf8');

/** Longest wait for a page or an element, in ms. */
const PAGE_MS = 15_000;
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1280, height: 900 };
/** The narrowest screen that must do without scrolling sideways (WCAG 2.2, 1.4.10). */
const NARROW = { width: 320, height: 640 };

/** Says how wide a page is that is wider than the screen, and what sticks out: elements, or their text alone. */
const WIDE = `(() => {
  const root = document.scrollingElement;
  if (root.scrollWidth <= innerWidth) return '';
  const clipped = (e) => e && e !== document.body && (getComputedStyle(e).overflowX !== 'visible' || clipped(e.parentElement));
  const right = (e) => {
    const range = document.createRange();
    range.selectNodeContents(e);
    return Math.max(e.getBoundingClientRect().right, range.getBoundingClientRect().right);
  };
  const out = [...document.body.querySelectorAll('*')].filter((e) => right(e) > innerWidth && !clipped(e.parentElement));
  return root.scrollWidth + ' px: ' + out.slice(-3).map((e) => e.outerHTML.slice(0, 120)).join(' | ');
})()`;

/** A Chromium that trusts this house's key and no other, and ends before the house, or with the test. */
export async function openBrowser(t, house) {
  const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
  flags.push('--disable-component-update', '--disable-sync', '--disable-dev-shm-usage');
  if (house.ca) flags.push(`--ignore-certificate-errors-spki-list=${await house.doorKey()}`);
  const executablePath = process.env.HOLDFAST_CHROMIUM ?? '/usr/bin/chromium';
  const chrome = await chromium.launch({ executablePath, args: flags });
  const browser = new Browser(chrome, house);
  if (house.guests) house.guests.push(() => browser.close());
  else t.after(() => browser.close());
  return browser;
}

/** Waits until the page says it; what it says instead is told if it does not. */
export async function sees(page, text, options) {
  try {
    await page.getByText(text, options).first().waitFor();
  } catch {
    throw new Error(`${page.url()} does not say “${text}” but: ${await page.locator('body').innerText()}`);
  }
}

export class Browser {
  #guests = [];

  constructor(chrome, house) {
    this.chrome = chrome;
    this.house = house;
  }

  /** A clean profile. Options of playwright's contexts, and `phone: true`. */
  async guest(options = {}) {
    const { phone, ...rest } = options;
    const touch = phone ? { hasTouch: true, isMobile: true } : {};
    const context = await this.chrome.newContext({ baseURL: this.house.origin, viewport: phone ? PHONE : DESK, locale: 'en-GB', ...touch, ...rest });
    context.setDefaultTimeout(PAGE_MS);
    const guest = new Guest(context, this.house, rest.javaScriptEnabled !== false);
    await guest.watch();
    this.#guests.push(guest);
    return guest;
  }

  /** Ends the browser, and fails if any guest met a problem that no test had said. */
  async close() {
    const problems = this.#guests.flatMap((guest) => guest.problems());
    await this.chrome.close();
    assert.deepEqual(problems, [], 'problems that pages caused');
  }
}

export class Guest {
  #problems = [];
  #expected = [];
  #sessions = new WeakMap();
  /** How often somebody touched a page so far. */
  taps = 0;
  /** The page of the last claim. */
  claimed;

  constructor(context, house, scripts) {
    this.context = context;
    this.house = house;
    this.scripts = scripts;
  }

  get origin() {
    return this.house.origin;
  }

  /** What went wrong so far and was not expected. */
  problems() {
    return this.#problems.filter((problem) => !this.#expected.some((pattern) => pattern.test(problem)));
  }

  /** Names a problem that this test provokes on purpose. */
  expects(...patterns) {
    this.#expected.push(...patterns);
  }

  async watch() {
    const note = (text) => this.#problems.push(text);
    await this.context.exposeBinding('holdfastViolation', (_, text) => note(text));
    await this.context.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) => {
        globalThis.holdfastViolation(`policy: ${event.violatedDirective} ${event.blockedURI} on ${location.pathname}`);
      });
    });
    await this.context.exposeBinding('holdfastTap', () => (this.taps += 1));
    await this.context.addInitScript(() => {
      addEventListener('pointerdown', (event) => event.isTrusted && globalThis.holdfastTap(), true);
    });
    this.context.on('request', (request) => {
      const url = new URL(request.url());
      const inside = url.origin === this.origin || ['data:', 'blob:', 'about:'].includes(url.protocol);
      if (!inside) note(`request elsewhere: ${url.origin}${url.pathname}`);
    });
    this.context.on('response', (response) => {
      if (response.status() >= 500) note(`status ${response.status()}: ${new URL(response.url()).pathname}`);
    });
    this.context.on('console', (message) => {
      const where = message.location().url;
      if (message.type() === 'error') note(`console: ${message.text()} (${where.replace(this.origin, '')})`);
    });
    this.context.on('weberror', (error) => note(`page error: ${error.error()}`));
  }

  page() {
    return this.context.newPage();
  }

  /** Opens a path of the house; its status is 200 unless the test says otherwise. */
  async open(page, path, status = 200) {
    if (status >= 400) this.expects(new RegExp(`console: Failed to load resource.*status of ${status}`));
    const response = await page.goto(new URL(path, this.origin).href);
    assert.equal(response.status(), status, path);
    return response;
  }

  /** Signs in by a one-time link: the administrator's if none is given. The page it led to. */
  async signIn(link) {
    const page = await this.page();
    await page.goto(link ?? (await this.house.link()));
    await page.locator('main form button').first().click();
    await until('a signed-in page', () => !new URL(page.url()).pathname.startsWith('/sign-in'));
    await page.waitForLoadState();
    return page;
  }

  /** Makes an owner's account by the device's label and its button; the page at home. */
  async claim(device, name = 'Ada') {
    const page = await this.page();
    await this.passkeys(page);
    await this.open(page, `/c/${await this.house.claimCode(device)}`);
    await this.signUp(page, name);
    await page.waitForURL(/\/claims\//);
    this.claimed = new URL(page.url()).pathname;
    await this.house.confirmAt(device);
    await page.locator('ol.steps').waitFor();
    await this.open(page, '/home');
    return page;
  }

  /** Makes an account on a page that asks for a name and a passkey; what the page was opened for goes on by itself. */
  async signUp(page, name) {
    const { pathname } = new URL(page.url());
    await page.locator('form.passkey input[name="name"]').fill(name);
    await page.locator('form.passkey button').click();
    await page.waitForURL((url) => url.pathname !== pathname);
    await page.waitForLoadState();
  }

  /** The page's way to the browser itself. One for each page: the end of any of them would end the page's authenticator. */
  async session(page) {
    if (!this.#sessions.has(page)) this.#sessions.set(page, this.context.newCDPSession(page));
    return this.#sessions.get(page);
  }

  /** Gives the page a virtual authenticator (WebAuthn level 3 §11); how to touch it and what it holds. */
  async passkeys(page, more = {}) {
    const session = await this.session(page);
    await session.send('WebAuthn.enable');
    const options = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true };
    options.isUserVerified = true;
    options.automaticPresenceSimulation = true;
    const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', { options: { ...options, ...more } });
    /** Whether the person confirms whatever the authenticator asks. */
    const touch = (enabled) => session.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled });
    const credentials = async () => (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials;
    return { session, authenticatorId, touch, credentials };
  }

  /** Looks at a page in a window of its own. */
  async look(path) {
    const page = await this.page();
    await this.open(page, path);
    await this.accessible(page);
    await page.close();
  }

  /**
   * axe finds nothing on the page as it stands, in light and in dark, on its own screen and on the narrowest one; and nothing
   * has to be scrolled sideways.
   */
  async accessible(page) {
    assert.ok(this.scripts, 'axe is a script');
    const session = await this.session(page);
    const evaluate = async (expression) => {
      const asked = { expression, awaitPromise: true, returnByValue: true };
      const { result, exceptionDetails } = await session.send('Runtime.evaluate', asked);
      if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
      return result.value;
    };
    await evaluate(`${AXE};0`);
    const found = [];
    const look = async (how) => {
      const violations = await evaluate(`axe.run(document, { resultTypes: ['violations'] }).then((r) =>
        r.violations.map((v) => v.id + ': ' + v.help + ' — ' + v.nodes.map((n) => n.html.slice(0, 160)).join(' | ')))`);
      found.push(...violations.map((violation) => `${how}: ${violation}`));
    };
    const before = page.viewportSize();
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    await look('light');
    // The other half: dark, on the narrowest screen, with everything unfolded.
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    await page.setViewportSize(NARROW);
    await evaluate(`for (const e of document.querySelectorAll('details:not([open])')) { e.open = true; e.dataset.unfolded = ''; } 0`);
    await look('dark, narrow');
    const wide = await evaluate(WIDE);
    if (wide) found.push(`sideways scrolling at ${NARROW.width} px, ${wide}`);
    await evaluate(`for (const e of document.querySelectorAll('[data-unfolded]')) { e.open = false; delete e.dataset.unfolded; } 0`);
    await page.setViewportSize(before);
    await page.emulateMedia({ colorScheme: 'light' });
    assert.deepEqual(found, [], `axe on ${new URL(page.url()).pathname}`);
  }
}
