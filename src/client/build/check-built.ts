import { checkDistribution } from '../../formats/python/archive/index.ts'
import { withSource } from '../../host/index.ts'
import { packagingErrors } from '../../packaging/index.ts'
import type { BuiltFile } from './place.ts'

/** What was built, judged as the registry will judge it. Throws `packaging.built` with the first finding. */
export async function checkBuilt({ path, fileName }: BuiltFile): Promise<void> {
  const { findings } = await withSource(path, (source) => checkDistribution(fileName, source))
  const [first, ...more] = findings
  if (first === undefined) return
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`
  throw packagingErrors('packaging.built', `${fileName}: ${first.message} [${first.code}]${others}`, {
    hint: first.hint,
  })
}
