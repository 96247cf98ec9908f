import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename } from 'node:path'
import { parse } from 'yaml'
import { componentInputs, componentTemplate } from '../../scripts/component-reference.ts'
import { planPipeline, textSources } from '../../src/ciconfig/index.ts'
import { runProgram } from './program.ts'

/** The pipeline of the component with its inputs at their defaults, as a map of keywords and jobs. */
export function componentContent(): Record<string, Record<string, unknown>> {
  const template = readFileSync(componentTemplate, 'utf8')
  const inputs = componentInputs(template)
  const [, body = ''] = template.split(/^---$/m)
  const valueOf = (name: string): string => {
    const value = inputs[name]?.default
    return typeof value === 'string' ? value : JSON.stringify(value)
  }
  const text = body.replaceAll(/\$\[\[ inputs\.([\w-]+) \]\]/g, (_, name: string) => valueOf(name))
  return parse(text, { merge: true }) as Record<string, Record<string, unknown>>
}

/** What each job of the component with these inputs runs first, and the variables that it has for that. */
export async function beforeScript(
  template: string,
  inputs: Readonly<Record<string, string>>,
): Promise<{ readonly script: string; readonly variables: Readonly<Record<string, string>> }> {
  const file = JSON.stringify({ include: [{ local: 'component.yml', inputs }] })
  const plan = await planPipeline({
    file: '.gitlab-ci.yml',
    sources: textSources(new Map(Object.entries({ '.gitlab-ci.yml': file, 'component.yml': template }))),
    variables: { predefined: [{ key: 'CI_COMMIT_BRANCH', value: 'main' }], project: [], pipeline: [] },
  })
  const [job] = plan.jobs
  if (job === undefined) throw new Error('the component has no job')
  return { script: job.before_script.join('\n'), variables: job.variables }
}

/** Of the interpreter itself: `python3` of the PATH may be a script, which needs others. */
export async function pythonPath(): Promise<string> {
  return (await runProgram(['python3', '-c', 'import sys; print(sys.executable)'])).stdout.trim()
}

/** A package index on this machine with one wheel, whose pages name no digest: pip has to check it. */
export async function servePackage(
  wheel: string,
): Promise<{ readonly url: string; readonly close: () => void }> {
  const bytes = readFileSync(wheel)
  const name = basename(wheel)
  const server = createServer((request, response) => {
    if (request.url?.endsWith('.whl') === true) return response.end(bytes)
    return response
      .writeHead(200, { 'content-type': 'text/html' })
      .end(`<!DOCTYPE html><a href="/files/${name}">${name}</a>`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/simple`, close: () => server.close() }
}
