/** What is found out about this host beforehand, beside what the system does. */
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openLinux } from '../../../src/host/native/linux.js';
import { type PreflightSystem, preflight } from '../../../src/host/preflight.js';
import { hasDefaultRoute, systemFiles } from '../../../src/host/system-files.js';
import { type Host, testWithNetwork } from '../../support/namespaces.js';
import { expectSynthError } from '../../support/read.js';

/** The files of a host in a namespace: /sys shows the namespace in which it was mounted, /proc that of the thread. */
async function onHost(host: Host, body: (system: PreflightSystem) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'synth-sysfs-'));
  const sysfs = host.mountSysfs(folder);
  const linux = await openLinux();
  const read = (path: string) => {
    const here = path.replace(/^\/sys\//, `${folder}/`).replace(/^\/proc\/net\//, '/proc/thread-self/net/');
    return host.inside(() => systemFiles.read(here));
  };
  try {
    await body({ files: { read }, linux });
  } finally {
    sysfs.unmount();
    rmdirSync(folder);
  }
}

testWithNetwork(
  'a real interface is judged as it is: in order, too small, without carrier, down, unknown',
  async ({ here, there }) => {
    await onHost(here, async (system) => {
      const frames = (interfaceName: string, maxBytes: number) => () =>
        preflight({ spec: { kind: 'frames', interfaceName, qdiscBypass: true }, maxBytes }, system);
      const problem = async (interfaceName: string, maxBytes = 1514) =>
        (await expectSynthError(frames(interfaceName, maxBytes), 'SYNTH_SYSTEM_LIMIT')).message;
      frames('cable0', 1514)();
      frames('lo', 65_000)();
      expect(await problem('cable0', 9014)).toContain('by its MTU of 1500');
      there.run('ip', 'link', 'set', there.interfaceName, 'down');
      expect(await problem('cable0')).toBe('cable0 is up, but has no carrier');
      here.run('ip', 'link', 'set', 'cable0', 'down');
      expect(await problem('cable0')).toBe('cable0 is down');
      expect(await problem('cabel0')).toBe('there is no interface “cabel0”; there are: lo, cable0');
    });
  },
);

testWithNetwork('the way to the rest of the world is seen as the routes say', async ({ here, there }) => {
  await onHost(here, async ({ files }) => {
    expect(hasDefaultRoute('cable0', files)).toBe(false);
    here.run('ip', 'route', 'add', 'default', 'via', there.ipv4);
    expect(hasDefaultRoute('cable0', files)).toBe(true);
    expect(hasDefaultRoute('lo', files)).toBe(false);
    here.run('ip', 'route', 'del', 'default');
    here.run('ip', '-6', 'route', 'add', 'default', 'via', there.ipv6);
    expect(hasDefaultRoute('cable0', files)).toBe(true);
  });
});
