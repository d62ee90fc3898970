// How a run of the tests is told: one line a test with how long it took, what it measured, and why it failed.

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

export default async function* report(source) {
  const begun = performance.now();
  let [passed, failed] = [0, 0];
  for await (const { type, data } of source) {
    const deep = '  '.repeat(data?.nesting ?? 0);
    if (type === 'test:pass') {
      if (data.skip !== undefined) continue;
      passed += 1;
      yield `${deep}✓ ${data.name} (${seconds(data.details.duration_ms)})\n`;
    } else if (type === 'test:fail') {
      failed += 1;
      const { cause, message } = data.details.error;
      yield `${deep}✗ ${data.name} (${seconds(data.details.duration_ms)})\n${cause?.stack ?? message}\n`;
    } else if (type === 'test:diagnostic' && !/^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /.test(data.message)) {
      yield `${deep}  ${data.message}\n`;
    } else if (type === 'test:stderr' || type === 'test:stdout') {
      yield data.message;
    }
  }
  yield `${passed} passed, ${failed} failed, in ${seconds(performance.now() - begun)}\n`;
}
