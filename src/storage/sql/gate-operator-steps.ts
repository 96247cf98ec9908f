import type { Steps } from './steps.ts'

/** What the operator of a gate asks. */
export const gateOperatorSteps: Steps = {
  '0029-gate-let-through': {
    up: async ({ schema }) => {
      const table = schema.alterTable('gate_refusals')
      await table
        .addColumn('let_through_times', 'bigint', (column) => column.notNull().defaultTo(0))
        .execute()
    },
  },
  '0029-gate-names-asked': {
    up: async ({ schema }) => {
      const index = schema.createIndex('gate_names_asked').on('gate_names')
      await index.columns(['upstream', 'is_unknown', 'fresh_at_ms', 'id']).execute()
    },
  },
  '0029-gate-unused-exemptions': {
    up: async ({ schema }, types) => {
      const table = schema
        .createTable('gate_exemptions')
        .addColumn('gate', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('since_day', 'integer', (column) => column.notNull())
        .addColumn('matched_day', 'integer')
        .addPrimaryKeyConstraint('gate_exemptions_key', ['gate', 'id'])
      await types.inKeyOrder(table).execute()
    },
  },
  '0031-gate-lifted': {
    up: async ({ schema }) => {
      await schema.alterTable('gate_mismatches').addColumn('lifted_at_ms', 'bigint').execute()
    },
  },
}
