import { Secret } from '../base/index.ts'
import { readMachineIndex } from '../client/index.ts'
import { gatesOfFlags, type GateConfiguration, type UpstreamFlags } from '../server/index.ts'
import { cliErrors } from './errors.ts'
import type { GateIndexFlags } from './gate-index-flags.ts'
import { definedOf } from './pipeline-flags.ts'

/** Throws `cli.gate-flags`, `server.configuration`. */
export async function gateOfFlags(
  { upstream, files, policy, seals, trust }: GateIndexFlags,
  { name, mode }: { readonly name: string; readonly mode?: string | undefined },
): Promise<readonly GateConfiguration[]> {
  if (upstream.length === 0 || policy === undefined)
    throw cliErrors('cli.gate-flags', 'a gate needs both --upstream and --policy')
  const upstreams: UpstreamFlags[] = []
  for (const one of upstream) {
    const place = await placeOf(one, files)
    upstreams.push({ ...place, seals, trust })
  }
  return gatesOfFlags({ name, policy, mode, upstreams })
}

/** What the words stand for: the index of this machine's pip, and the project whose job this is. */
async function placeOf(upstream: string, files: readonly string[]): Promise<UpstreamFlags> {
  if (upstream === 'gitlab') return { ...jobsProject(process.env), files }
  if (upstream !== 'pypi') return { url: upstream, files }
  const { url, hosts } = await readMachineIndex(definedOf(process.env))
  if (url === undefined)
    throw cliErrors('cli.gate-flags', "this machine's pip names no index", {
      hint: 'give the URL of a simple index with --upstream',
    })
  return { url, files: [...new Set([...hosts, ...files])] }
}

/** GitLab's predefined variables; a job token reads the packages of its project. */
function jobsProject(env: NodeJS.ProcessEnv): Pick<UpstreamFlags, 'url' | 'login'> {
  const { CI_API_V4_URL: api, CI_PROJECT_ID: id, CI_JOB_TOKEN: token } = env
  if (!api || !id || !token)
    throw cliErrors('cli.gate-flags', 'gitlab is the project of a job, and this is not a job of a GitLab', {
      hint: 'give the URL https://HOST/api/v4/projects/ID/packages/pypi/simple with --upstream',
    })
  const url = `${api}/projects/${encodeURIComponent(id)}/packages/pypi/simple`
  return { url, login: { username: 'gitlab-ci-token', password: new Secret(token) } }
}
