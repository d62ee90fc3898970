// A house: real processes on fresh state. Owns their start, their end and the way to the command line; knows no page.

import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Longest wait for anything that must happen, in ms. */
export const PATIENCE_MS = 30_000;
/** A look so often, in ms. */
const LOOK_MS = 50;

export const MAKER = 'hearth.example';
export const PRODUCT = 'hearth-thermostat';
export const MODEL = new URL('../../examples/hearth-thermostat.tm.json', import.meta.url).pathname;
const DOSSIER = new URL('../../examples/hearth-thermostat.dossier.json', import.meta.url).pathname;

/** A program built by `cargo xtask test browser`. */
function binary(variable) {
  const found = process.env[variable];
  if (!found) throw new Error(`${variable} is not set: run the tests with \`cargo xtask test browser\``);
  return found;
}

/** Looks until `look` gives something, and fails after `patience` ms. */
export async function until(what, look, patience = PATIENCE_MS) {
  const end = performance.now() + patience;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (performance.now() > end) throw new Error(`waited ${patience} ms in vain for ${what}`);
    await new Promise((done) => setTimeout(done, LOOK_MS));
  }
}

/**
 * Starts a house that ends with the test `t`.
 * @param {object} options `args`: more words for `holdfast serve`; `config`: text of the configuration file;
 *   `env`: more variables; `keep`: leave the folder there.
 */
export async function openHouse(t, options = {}) {
  const house = new House(await mkdtemp(path.join(tmpdir(), 'holdfast-browser-')), options);
  t.after(() => house.close());
  await house.start();
  return house;
}

export class House {
  #server;
  #agents = new Map();
  #options;
  /** What has to end before the house does, such as a browser. */
  guests = [];
  addresses = {};

  constructor(dir, options = {}) {
    this.dir = dir;
    this.#options = options;
  }

  path(...parts) {
    return path.join(this.dir, ...parts);
  }

  /** Starts the server on the state that is there, at the same ports as before. */
  async start() {
    await mkdir(this.path('state'), { recursive: true, mode: 0o700 });
    await rm(this.path('state', 'addresses.json'), { force: true });
    const port = (door) => this.addresses[door] ?? '127.0.0.1:0';
    const words = ['serve', '--state', this.path('state'), '--exit-with-parent'];
    words.push('--people', port('people'), '--devices', port('devices'), '--mqtt', port('mqtt'));
    if (this.#options.config) {
      await writeFile(this.path('holdfast.toml'), this.#options.config);
      words.push('--config', this.path('holdfast.toml'));
    }
    words.push(...(this.#options.args ?? []));
    const env = { ...process.env, NO_COLOR: '1', HOLDFAST_LOG: 'info', ...this.#options.env };
    const [out, log] = ['said.txt', 'server.log'].map((file) => openSync(this.path(file), 'a'));
    this.#server = spawn(binary('HOLDFAST_BIN'), words, { stdio: ['ignore', out, log], env });
    const ended = once(this.#server, 'exit').then(() => true);
    this.addresses = await until('the server', async () => {
      if (this.#server.exitCode !== null) throw new Error(`the server ended: ${readFileSync(this.path('server.log'))}`);
      const file = this.path('state', 'addresses.json');
      return existsSync(file) && JSON.parse(await readFile(file, 'utf8'));
    });
    this.#server.ended = ended;
    const portNumber = this.addresses.people.split(':').at(-1);
    this.origin = `https://localhost:${portNumber}`;
    this.ca = await readFile(this.path('state', 'ca.pem'));
  }

  get serverPid() {
    return this.#server.pid;
  }

  /** The link that the first start printed; works once. */
  async firstLink() {
    const said = await until('the first link', async () => {
      const text = await readFile(this.path('said.txt'), 'utf8');
      return text.match(/\S+\/sign-in\?link=\S+/g)?.at(-1);
    });
    return said;
  }

  /** A new one-time link: for the administrator, for somebody new `{ role, name }`, or for somebody known `{ person }`. */
  async link({ role, name, person } = {}) {
    await this.login();
    const whom = person ? ['--person', person] : role ? ['--name', name ?? `The ${role}`, '--role', role] : [];
    return (await this.run('link', ...whom)).url;
  }

  /** What the server logged so far. */
  log() {
    return readFile(this.path('server.log'), 'utf8');
  }

  /** Makes the command line the administrator's, by the first link, once. */
  async login() {
    this.loggedIn ??= this.attempt('login', '--link', await this.firstLink(), '--ca', this.path('state', 'ca.pem'));
    const done = await this.loggedIn;
    if (done.error) throw new Error(done.error);
  }

  /** Runs a `holdfast` command that must succeed; its JSON answer, or null. */
  async run(...words) {
    const { answer, error } = await this.attempt(...words);
    if (error) throw new Error(`holdfast ${words.join(' ')}: ${error}`);
    return answer;
  }

  /** Runs a `holdfast` command: `{ answer }` or `{ error }`. */
  async attempt(...words) {
    const all = [...words, '-o', 'json', '--profile', this.path('profile.toml')];
    try {
      const { stdout } = await run(binary('HOLDFAST_BIN'), all, { maxBuffer: 64 * 1024 * 1024 });
      return { answer: stdout.trim() ? JSON.parse(stdout) : null };
    } catch (why) {
      return { error: why.stderr || String(why) };
    }
  }

  /** The maker's keys, trust document 1, the product and release 1. */
  async makeMaker() {
    await this.login();
    await mkdir(this.path('maker'), { recursive: true });
    const key = (name) => this.path('maker', `${name}.key`);
    await this.run('key', 'create', '--role', 'root', '--out', key('ada'));
    await this.run('key', 'create', '--role', 'release', '--out', key('dia'));
    await this.run('factory', 'init', '--dir', this.path('factory'), '--maker', MAKER);
    const [document, authority] = [this.path('maker', 'trust-1.cose'), this.path('maker', 'authority.json')];
    await this.run('trust', 'authority', '--out', authority);
    const create = ['trust', 'create', '--maker', MAKER, '--authority', authority];
    create.push('--factory-ca', this.path('factory', 'factory-ca.pem'), '--root', key('ada'), '--release', key('dia'));
    await this.run(...create, '--root-threshold', '1', '--release-threshold', '1', '--out', document);
    await this.run('trust', 'sign', document, '--key', key('ada'));
    await this.run('trust', 'upload', document);
    await this.run('product', 'create', PRODUCT, '--model', MODEL, '--vendor-domain', MAKER);
    await this.release(1, '1.0.0', 'feature', 'First.');
  }

  /** Publishes what the public reads about the product. */
  async publish() {
    await this.run('product', 'describe', PRODUCT, DOSSIER, '--publish');
  }

  /** Makes, signs and uploads a release; answers what the upload said. */
  async release(sequence, version, kind, description) {
    const [image, suit] = [this.path('maker', `image-${sequence}.tar`), this.path('maker', `release-${sequence}.suit`)];
    await mkdir(this.path('maker', `image-${sequence}`, 'bin'), { recursive: true });
    const file = (name, text) => writeFile(this.path('maker', `image-${sequence}`, 'bin', name), text, { mode: 0o755 });
    await file('app', `#!/bin/sh\n# ${version}\nexec sleep 100000\n`);
    await file('health', '#!/bin/sh\nexit 0\n');
    const tar = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--format=ustar', '-cf', image];
    await run('tar', [...tar, '-C', this.path('maker', `image-${sequence}`), 'bin/app', 'bin/health']);
    const facts = ['--product', PRODUCT, '--maker', MAKER, '--sequence', String(sequence), '--release-version', version];
    const more = ['--kind', kind, '--description', description, '--health-deadline', '20', '--out', suit];
    await this.run('release', 'create', '--image', image, ...facts, ...more);
    await this.run('release', 'sign', suit, '--key', this.path('maker', 'dia.key'));
    const told = ['--risk', `Without it: ${description}`, '--urgency', 'soon', '--interruption', '2', '--to-do', 'nothing'];
    return this.run('release', 'upload', suit, '--image', image, '--product', PRODUCT, ...told);
  }

  /** Makes a device as the factory does, and imports its batch. */
  async device(id, ...more) {
    const inside = (...parts) => this.path(id, ...parts);
    const place = (door) => this.addresses[door].replace('127.0.0.1', 'localhost');
    const names = ['--dir', this.path(id), '--device-id', id, '--product', PRODUCT, '--maker', MAKER];
    const doors = ['--devices-url', `https://${place('devices')}`, '--mqtt-addr', place('mqtt')];
    await this.agentCommand('init', ...names, ...doors, '--reconnect-max-ms', '2000', '--poll-ms', '1000');
    const crt = inside('keys', 'factory.crt');
    const csr = ['--csr', inside('keys', 'factory.csr.pem'), '--device-id', id, '--out', crt];
    await this.run('factory', 'sign', '--dir', this.path('factory'), ...csr, ...more);
    await mkdir(inside('trust'), { recursive: true });
    await cp(this.path('maker', 'trust-1.cose'), inside('trust', '1.cose'));
    const release = ['--image', this.path('maker', 'image-1.tar'), '--manifest', this.path('maker', 'release-1.suit')];
    await this.agentCommand('install-factory', '--dir', this.path(id), ...release);
    const batch = this.path(`${id}.batch.json`);
    const listed = ['--product', PRODUCT, '--device', this.path(id), '--out', batch];
    await this.run('factory', 'manifest', '--dir', this.path('factory'), ...listed);
    await this.run('batch', 'import', batch);
  }

  /** Runs a `holdfast-agent` command that must succeed; what it printed. */
  async agentCommand(...words) {
    const { stdout } = await run(binary('HOLDFAST_AGENT_BIN'), words);
    return stdout;
  }

  /** Starts a device's agent; it ends with the house. */
  startAgent(id, ...more) {
    const [out, log] = [`${id}.out`, `${id}.log`].map((file) => openSync(this.path(file), 'a'));
    const words = ['run', '--dir', this.path(id), '--exit-with-parent', ...more];
    const agent = spawn(binary('HOLDFAST_AGENT_BIN'), words, { stdio: ['ignore', out, log] });
    agent.ended = once(agent, 'exit');
    this.#agents.set(id, agent);
    return agent;
  }

  /** Ends a device's agent in order. */
  async stopAgent(id) {
    const agent = this.#agents.get(id);
    this.#agents.delete(id);
    if (agent && agent.exitCode === null) {
      agent.kill('SIGTERM');
      await agent.ended;
    }
  }

  /** Says yes at the device, as its button does; it has to have been asked. */
  confirmAt(id) {
    return this.answerAt(id, 'confirm');
  }

  /** Says yes or no at the device: `confirm` or `deny`. */
  answerAt(id, answer) {
    return until('the device to ask', async () => {
      try {
        await this.agentCommand('local', answer, '--dir', this.path(id));
        return true;
      } catch {
        return false;
      }
    });
  }

  /** The code on the device's label. */
  async claimCode(id) {
    return (await readFile(this.path(id, 'claim-code'), 'utf8')).trim();
  }

  /** Waits until the server sees the device. */
  online(id) {
    return until(`${id} online`, async () => {
      const rows = await this.run('device', 'list');
      return rows.find((row) => row.id === id && row.online);
    });
  }

  /** How often the device has told that it erased itself. */
  async wiped(id) {
    const lines = await this.run('device', 'ledger', id);
    return lines.filter(({ kind }) => kind === 'device-wiped').length;
  }

  /** SHA-256 of the key of the people's door, whose chain is checked against this house's own authority. */
  async doorKey() {
    const [host, port] = ['localhost', Number(new URL(this.origin).port)];
    const socket = tls.connect({ host, port, ca: this.ca, servername: host, ALPNProtocols: ['http/1.1'] });
    await once(socket, 'secureConnect');
    const key = socket.getPeerX509Certificate().publicKey.export({ type: 'spki', format: 'der' });
    socket.destroy();
    return createHash('sha256').update(key).digest('base64');
  }

  /** Changes what a stopped server remembers: that is how time passes in a test that does not wait. */
  async alter(...statements) {
    await this.stop();
    await run('sqlite3', ['-bail', this.path('state', 'holdfast.db'), statements.join(';')]);
    await this.start();
  }

  /** SIGTERM, and the end. */
  async stop() {
    if (this.#server && this.#server.exitCode === null && this.#server.signalCode === null) {
      this.#server.kill('SIGTERM');
      await this.#server.ended;
    }
  }

  async close() {
    try {
      for (const end of this.guests) await end();
    } finally {
      for (const id of [...this.#agents.keys()]) await this.stopAgent(id);
      await this.stop();
      if (!this.#options.keep) await rm(this.dir, { recursive: true, force: true });
    }
  }
}

