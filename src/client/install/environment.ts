import type { Environment } from '../settings/index.ts'

/** What code of a package could take with it, were an sdist built: the tokens by which registries are asked. */
const TOKENS: ReadonlySet<string> = new Set([
  'WHEELSEAL_TOKEN',
  'CI_JOB_TOKEN',
  'CI_REGISTRY_PASSWORD',
  'CI_DEPLOY_PASSWORD',
  'CI_DEPENDENCY_PROXY_PASSWORD',
  'CI_REPOSITORY_URL',
  'SIGSTORE_ID_TOKEN',
])

/** The environment of an installer, which keeps its own settings and proxies. */
export function installerEnvironment(env: Environment): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(env))
    if (value !== undefined && !TOKENS.has(name)) kept[name] = value
  return kept
}
