import { runtimeName, shippedFile } from '../host/index.ts'

interface Manifest {
  readonly version: string
  /** Of what was built in a clone. */
  readonly commit?: string
}

export function version(): string {
  return manifest().version
}

/** `0.1.0 (Node 24.21.0, commit 48d41b4c2a10)`; a checkout has no commit of its own, since its files may be others. */
export function versionLine(): string {
  const { version: ours, commit } = manifest()
  return `${ours} (${[runtimeName(), ...(commit === undefined ? [] : [`commit ${commit}`])].join(', ')})`
}

function manifest(): Manifest {
  return JSON.parse(shippedFile('package.json')) as Manifest
}
