// `cargo xtask test ports`: what other people's scanners say of the doors. testssl.sh grades the people's, the devices' and
// the MQTT port; nmap finds no port of server and agent but the declared ones.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, readdir, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import { test } from 'node:test';

import { openHouse } from './harness.mjs';

const run = promisify(execFile);

/** Findings above LOW that stay, each with the reason. This list may only shrink. */
const REASONS = {
  cert_chain_of_trust: 'the installation has an authority of its own; browsers get its certificate, or a public one in front',
  cert_revocation: 'a certificate of the doors lives for weeks and is replaced by the server itself, not revoked',
};
const ABOVE_LOW = ['MEDIUM', 'HIGH', 'CRITICAL', 'FATAL'];

async function findings(house, door, words = []) {
  const port = house.addresses[door].split(':').at(-1);
  const file = house.path(`${door}.json`);
  const quiet = ['--quiet', '--color', '0', '--warnings', 'off', '--ip', '127.0.0.1', '--nodns', 'none', '--jsonfile', file];
  await run('testssl', [...quiet, ...words, `localhost:${port}`], { maxBuffer: 1 << 26 }).catch((why) => {
    // Its exit status counts findings; the file tells them.
    if (!why.stdout) throw why;
  });
  return JSON.parse(await readFile(file, 'utf8'));
}

/** The TCP ports on which a process of ours listens, from the kernel's own table. */
async function listening(pid) {
  const sockets = new Set();
  for (const fd of await readdir(`/proc/${pid}/fd`)) {
    const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
    const [, inode] = target.match(/^socket:\[(\d+)\]$/) ?? [];
    if (inode) sockets.add(inode);
  }
  const ports = new Set();
  for (const table of ['tcp', 'tcp6']) {
    for (const line of (await readFile(`/proc/${pid}/net/${table}`, 'utf8')).split('\n').slice(1)) {
      const cells = line.trim().split(/\s+/);
      if (cells[3] === '0A' && sockets.has(cells[9])) ports.add(Number.parseInt(cells[1].split(':').at(-1), 16));
    }
  }
  return ports;
}

/** What nmap sees open on this machine that belongs to the process. */
async function scanned(pid) {
  const { stdout } = await run('nmap', ['-sT', '-Pn', '-n', '-p-', '--min-rate', '5000', '-T5', '-oG', '-', '127.0.0.1'], { maxBuffer: 1 << 26 });
  const open = new Set([...stdout.matchAll(/(\d+)\/open\/tcp/g)].map(([, port]) => Number(port)));
  return [...(await listening(pid))].filter((port) => open.has(port)).sort();
}

test('testssl.sh finds nothing above LOW at any door that has no reason', async (t) => {
  const house = await openHouse(t);
  const used = new Set();
  for (const door of ['people', 'devices', 'mqtt']) {
    const words = door === 'people' ? [] : ['--protocols', '--server-defaults', '--server-preference', '--fs', '--vulnerable'];
    const found = await findings(house, door, words);
    assert.ok(found.length > 30, `${door}: ${found.length} findings`);
    const named = ({ id }) => id.split(' ')[0].replace(/_?<.*$/, '');
    const grave = found.filter(({ severity }) => ABOVE_LOW.includes(severity));
    for (const finding of grave) used.add(named(finding));
    const bad = grave.filter((finding) => !(named(finding) in REASONS));
    assert.deepEqual(bad.map(({ id, severity, finding }) => `${severity} ${id}: ${finding}`), [], door);
    const offered = found.filter(({ id, finding }) => /^(SSLv2|SSLv3|TLS1|TLS1_1|TLS1_2)$/.test(id) && !/^not offered/.test(finding));
    assert.deepEqual(offered, [], `${door}: old protocols`);
    const newest = found.find(({ id }) => id === 'TLS1_3');
    assert.match(newest?.finding ?? '', /^offered/, `${door}: TLS 1.3`);
    t.diagnostic(`${door}: ${found.length} findings, ${found.filter(({ severity }) => severity === 'LOW').length} LOW`);
  }
  assert.deepEqual(Object.keys(REASONS).filter((id) => !used.has(id)), [], 'reasons for what is not found');
});

test('server and agent listen on the declared ports and on no other', async (t) => {
  const house = await openHouse(t);
  await house.makeMaker();
  await house.device('hearth-0001');
  const agent = house.startAgent('hearth-0001');
  await house.online('hearth-0001');
  const declared = Object.values(house.addresses).map((address) => Number(address.split(':').at(-1))).sort();
  assert.deepEqual(await scanned(house.serverPid), declared, 'the server');
  assert.deepEqual(await scanned(agent.pid), [], 'an agent without a local door');
});
