/**
 * Plans many folders with gitlab-ci-local in one process: `node gitlab-ci-local.mjs INDEX_JS CALLS_JSON` prints the
 * outcomes as JSON. The program starts itself when it is imported and ends with
 * `process.exit`; each call imports it anew under another address, so that nothing of the last one is left.
 */
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const program = pathToFileURL(process.argv[2])
const calls = JSON.parse(readFileSync(process.argv[3], 'utf8'))
const write = process.stdout.write.bind(process.stdout)
const variables = { ...process.env }

const outcomes = []
for (const call of calls) outcomes.push(await outcomeOf(call))
write(JSON.stringify(outcomes), () => process.reallyExit(0))

async function outcomeOf({ cwd, args, env }) {
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr']) process[name].write = (part) => (output[name] += part) !== ''
  process.env = { ...variables, ...env }
  process.argv = [process.argv[0], program.pathname, ...args]
  process.chdir(cwd)
  const code = await new Promise((resolve, reject) => {
    process.exit = resolve
    import(`${program.href}?call=${outcomes.length}`).catch(reject)
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2']) process.removeAllListeners(signal)
  return { code, ...output }
}
