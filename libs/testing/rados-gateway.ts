import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchDebianPackages, freePorts, type RunningProcess, startProcess, untilReady } from '#embedded';
import { runToEnd } from './run-to-end.ts';

/** Ceph's S3 server as Debian packages it, on a cluster of one that keeps everything in memory. */
export interface RadosGateway {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Ends the S3 server at once; what it stored stays. */
  kill(): Promise<void>;
  /** Starts it again where it was. */
  startAgain(): Promise<void>;
  stop(): Promise<void>;
}

interface Cluster {
  readonly bin: string;
  readonly dir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly endpoint: string;
}

/** A start takes seconds; this much is for a machine that has other work. */
const readyMs = 60_000;
const key = { accessKeyId: 'sallyport', secretAccessKey: 'sallyport-s3-secret' };

/** Starts it with one user; gives the reason where this machine can't have it. */
export async function startRadosGateway(): Promise<RadosGateway | { missing: string }> {
  const fetched = await fetchDebianPackages(['radosgw', 'ceph-mon', 'ceph-osd']);
  if ('missing' in fetched) return fetched;
  const dir = await mkdtemp(join(tmpdir(), 'sallyport-rados-'));
  const [monitor, s3] = (await freePorts(2)) as [number, number];
  const libraries = await librariesOf(fetched.root);
  const cluster: Cluster = {
    bin: join(fetched.root, 'usr/bin'),
    dir,
    env: {
      PATH: process.env.PATH,
      LD_LIBRARY_PATH: libraries.flatMap((one) => [one, join(one, 'ceph')]).join(':'),
      CEPH_CONF: join(dir, 'ceph.conf'),
    },
    endpoint: `http://127.0.0.1:${s3}`,
  };
  const running: RunningProcess[] = [];
  const stop = async () => {
    for (const child of running.reverse()) await child.kill();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await makeStore(cluster, monitor, s3, libraries[0] ?? '');
    running.push(await startDaemon(cluster, 'ceph-mon', ['-i', 'a']));
    await run(cluster, 'ceph-osd', ['-i', '0', '--mkfs']);
    running.push(await startDaemon(cluster, 'ceph-osd', ['-i', '0']));
    await run(cluster, 'radosgw-admin', [
      ...['user', 'create', '--uid=sallyport', '--display-name=Sallyport'],
      ...[`--access-key=${key.accessKeyId}`, `--secret-key=${key.secretAccessKey}`],
    ]);
    running.push(await startS3(cluster));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...{ endpoint: cluster.endpoint, ...key, stop },
    kill: async () => running.pop()?.kill(),
    startAgain: async () => {
      running.push(await startS3(cluster));
    },
  };
}

async function librariesOf(root: string): Promise<string[]> {
  const folders = [join(root, 'usr/lib'), join(root, 'lib')];
  const inside = await Promise.all(
    folders.map(async (folder) => (await readdir(folder)).map((name) => join(folder, name))),
  );
  return inside.flat().filter((path) => path.includes('-linux-'));
}

/** One monitor, and a map that knows the one store from the start: nobody has to register it. */
async function makeStore(cluster: Cluster, monitor: number, s3: number, libraries: string): Promise<void> {
  const { dir } = cluster;
  const id = randomUUID();
  for (const name of ['mon', 'osd', 'rgw']) await mkdir(join(dir, name));
  await writeFile(join(dir, 'ceph.conf'), configuration({ dir, id, monitor, s3, libraries }));
  const [monitors, stores] = [join(dir, 'monmap'), join(dir, 'osdmap')];
  const address = `[v2:127.0.0.1:${monitor}]`;
  await run(cluster, 'monmaptool', ['--create', '--fsid', id, '--addv', 'a', address, monitors]);
  await run(cluster, 'osdmaptool', ['--createsimple', '1', stores]);
  await run(cluster, 'ceph-mon', ['-i', 'a', '--mkfs', '--monmap', monitors, '--osdmap', stores]);
}

function run({ bin, env }: Cluster, program: string, args: readonly string[]): Promise<void> {
  return runToEnd(join(bin, program), args, '', env, readyMs);
}

function startDaemon({ bin, dir, env }: Cluster, name: string, args: readonly string[]) {
  const logFile = join(dir, `${name}.out`);
  return startProcess({ name, command: join(bin, name), args: ['-f', ...args], env, logFile });
}

async function startS3(cluster: Cluster): Promise<RunningProcess> {
  const child = await startDaemon(cluster, 'radosgw', ['-n', 'client.admin']);
  const answers = () =>
    fetch(cluster.endpoint).then(
      ({ ok }) => ok,
      () => false,
    );
  await untilReady(child, answers, readyMs);
  return child;
}

interface Places {
  readonly dir: string;
  readonly id: string;
  readonly monitor: number;
  readonly s3: number;
  readonly libraries: string;
}

/** Nobody else can reach it: it has no keys of its own, one copy of everything, and writes maps without waiting. */
function configuration({ dir, id, monitor, s3, libraries }: Places): string {
  return `[global]
fsid = ${id}
mon_host = v2:127.0.0.1:${monitor}
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
ms_mon_client_mode = crc
run_dir = ${dir}
admin_socket =
log_file = ${dir}/$name.log
log_to_stderr = false
err_to_stderr = false
mon_cluster_log_to_file = false
debug_rocksdb = 0/0
plugin_dir = ${libraries}/ceph
osd_class_dir = ${libraries}/rados-classes
osd_erasure_code_plugins =
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_data = ${dir}/mon
mon_data_avail_warn = 1
mon_data_avail_crit = 1
paxos_propose_interval = 0.05
paxos_min_wait = 0.01
osd_objectstore = memstore
osd_data = ${dir}/osd
rgw_data = ${dir}/rgw
rgw_frontends = beast endpoint=127.0.0.1:${s3}
rgw_rados_pool_pg_num_min = 1
`;
}
