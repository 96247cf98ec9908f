import { argv, env } from 'node:process'
import { join } from 'node:path'
import { Secret } from '../base/index.ts'
import { systemClock, systemEntropy, systemSpawn } from '../host/index.ts'
import { fetchHttp } from './api/runner-api.contract.ts'
import { createPlainExecutor, createRunner, openWorkFolder } from './index.ts'

/** For tests: a runner in a process of its own, that can be killed. It tells each line of its jobs. */
const [top = '', url = ''] = argv.slice(2)
const machine = { spawn: systemSpawn, host: { PATH: env['PATH'], HOME: top } }
const { path } = await openWorkFolder(top, systemClock)
const runner = createRunner({
  ...machine,
  serverUrl: url,
  token: new Secret('glrt-runner-token'),
  http: fetchHttp,
  clock: systemClock,
  entropy: systemEntropy,
  executor: createPlainExecutor({ ...machine, work: path }),
  cacheFolder: join(top, 'cache'),
  observer: {
    event: (event) => {
      if (event.kind === 'output') console.log(event.line)
    },
  },
  pollMs: 20,
})
await runner.runUntil(() => false, new AbortController().signal)
