import type { Clock } from '../base/index.ts'

/** What was done to an instance by somebody who may do everything. Never a secret. */
export interface AuditRow {
  readonly id: number
  readonly atMs: number
  /** `subject.verb`, such as `id-token.minted`. */
  readonly action: string
  readonly details: Readonly<Record<string, string>>
}

/** Rows are added and never changed. Every write is durable when it resolves. */
export interface AuditStore {
  add(row: Omit<AuditRow, 'id'>): Promise<void>
  /** By id, from the first one after `afterId`. */
  list(page: { readonly afterId: number; readonly limit: number }): Promise<readonly AuditRow[]>
}

/** The audit trail. */
export interface Audit {
  /** Before what it says is done: the trail may say too much and never too little. */
  record(action: string, details: AuditRow['details']): Promise<void>
  list: AuditStore['list']
}

export function createAudit({ store, clock }: { readonly store: AuditStore; readonly clock: Clock }): Audit {
  return {
    record: (action, details) => store.add({ atMs: clock.nowMs(), action, details }),
    list: (page) => store.list(page),
  }
}
