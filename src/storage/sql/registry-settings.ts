import type { Forwarding, ForwardingSetting, PypiSettings, RegistryStore } from '../../registry/index.ts'
import type { Step, Tables } from './registry-rows.ts'
import { raiseRevision } from './registry-states.ts'
import { alone } from './transactions.ts'

type SettingQueries = Pick<
  RegistryStore,
  'findForwarding' | 'setForwarding' | 'findPypiSettings' | 'setPypiSettings'
>

const DEFAULTS: PypiSettings = { identicalUploads: 'accept' }

export function settingQueries(tables: Tables): SettingQueries {
  return {
    findForwarding: async (projectId) => {
      const forwardings = tables.selectFrom('forwardings').selectAll().where('project_id', '=', projectId)
      const row = await forwardings.executeTakeFirst()
      return row === undefined
        ? undefined
        : { indexUrl: row.index_url, names: JSON.parse(row.names) as Forwarding['names'] }
    },
    setForwarding: (projectId, setting) => alone(tables, (step) => setForwarding(step, projectId, setting)),
    findPypiSettings: async (projectId) => {
      const settings = tables.selectFrom('pypi_settings').selectAll().where('project_id', '=', projectId)
      const row = await settings.executeTakeFirst()
      return row === undefined ? DEFAULTS : { identicalUploads: row.identical_uploads }
    },
    setPypiSettings: (projectId, { identicalUploads }, { atMs }) =>
      alone(tables, async (step) => {
        await raiseRevision(step, projectId, atMs)
        const row = { identical_uploads: identicalUploads }
        await step
          .insertInto('pypi_settings')
          .values({ project_id: projectId, ...row })
          .onConflict((conflict) => conflict.column('project_id').doUpdateSet(row))
          .execute()
      }),
  }
}

async function setForwarding(
  step: Step,
  projectId: number,
  { forwarding, setAtMs }: ForwardingSetting,
): Promise<void> {
  await raiseRevision(step, projectId, setAtMs)
  if (forwarding === undefined) {
    await step.deleteFrom('forwardings').where('project_id', '=', projectId).execute()
    return
  }
  const row = { index_url: forwarding.indexUrl, names: JSON.stringify(forwarding.names) }
  await step
    .insertInto('forwardings')
    .values({ project_id: projectId, ...row })
    .onConflict((conflict) => conflict.column('project_id').doUpdateSet(row))
    .execute()
}
