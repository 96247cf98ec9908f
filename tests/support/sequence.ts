import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const root = join(import.meta.dirname, '..', '..')

/** Files that take ten seconds and more of a free core, the longest first. */
const LONG = [
  'tests/stock/rehearse-tutorial.test.ts',
  'tests/docs/pages.test.ts',
  'tests/stock/stages.test.ts',
  'tests/stock/start.test.ts',
  'tests/stock/init.test.ts',
  'tests/stock/rehearse.test.ts',
  'tests/stock/component.test.ts',
  'src/log/crash/crash.test.ts',
  'tests/stock/stranger.test.ts',
  'tests/docs/run-lines.test.ts',
  'tests/gate/installer-page.test.ts',
  'tests/conformance/pipelines.test.ts',
  'tests/gate/recalled.test.ts',
  'tests/gate/matrix.test.ts',
  'tests/gate/first-contact.test.ts',
  'tests/gate/new-user.test.ts',
  'tests/gate/proxpi.test.ts',
  'tests/gate/public-attestations.test.ts',
  'tests/edge/pipes.test.ts',
  'tests/conformance/distributions.test.ts',
  'tests/stock/cosign-face.test.ts',
  'tests/stock/web.test.ts',
  'tests/crash/kill.test.ts',
  'tests/crash/registry-kill.test.ts',
  'tests/gate/crash.test.ts',
  'tests/stock/index-clients.test.ts',
  'tests/stock/index.test.ts',
  'tests/stock/sign-command.test.ts',
  'tests/stock/build-command.test.ts',
  'tests/stock/crosswise.test.ts',
  'tests/stock/trust-check.test.ts',
  'tests/stock/verify-keys.test.ts',
  'tests/stock/verify-command.test.ts',
  'tests/stock/fetch-install.test.ts',
  'src/runner/killed.test.ts',
  'tests/edge/faults.test.ts',
  'tests/edge/run-ended.test.ts',
  'tests/edge/rotation.test.ts',
  'tests/edge/verify-proxy.test.ts',
  'tests/edge/people.test.ts',
  'tests/edge/shutdown.test.ts',
  'tests/stock/attest-command.test.ts',
  'tests/stock/seals.test.ts',
  'src/server/data/damaged-data.test.ts',
  'tests/edge/policy-init.test.ts',
  'tests/edge/chunks.test.ts',
  'tests/stock/trusted-publishing.test.ts',
  'tests/stock/generic.test.ts',
  'tests/package/package.test.ts',
].map((path) => join(root, path))

/** Long files first, so that at the end no worker waits for another; then the largest. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const moved = LONG.filter((path) => !existsSync(path))
    if (moved.length > 0)
      throw new Error(`${import.meta.filename} names what is not there: ${moved.join(', ')}`)
    // oxlint-disable-next-line unicorn/no-array-sort -- Not of an array: what runs first without a list.
    const sorted = await super.sort(files)
    return sorted.toSorted((one, other) => rank(one) - rank(other))
  }
}

function rank({ moduleId }: TestSpecification): number {
  const at = LONG.indexOf(moduleId)
  return at === -1 ? LONG.length : at
}
