import type { ColumnDefinitionBuilderCallback, CreateTableBuilder, Kysely } from 'kysely'

/**
 * Steps of a schema by their names, in whose order they are made. A step that was released never changes. It is made
 * with Kysely's builder, never with text, so that every database can say it in its own words.
 */
export type Steps = Readonly<Record<string, Step>>

export interface Step {
  readonly up: (database: Kysely<unknown>, types: ColumnTypes) => Promise<void>
}

type TypeOfColumn = Parameters<CreateTableBuilder<string>['addColumn']>[1]

/** What databases call differently where tables are made. Text, `integer` below 2^31 and `bigint` are called alike. */
export interface ColumnTypes {
  /** The key of rows that have none of their own: the database counts it up and never gives it twice. */
  readonly id: readonly [TypeOfColumn, ColumnDefinitionBuilderCallback]
  /** A whole number up to 2^53. */
  readonly number: TypeOfColumn
  readonly bytes: TypeOfColumn
  /** The rows stand in the order of the primary key, by which alone they are found. */
  readonly inKeyOrder: <Table extends string, Column extends string>(
    table: CreateTableBuilder<Table, Column>,
  ) => CreateTableBuilder<Table, Column>
}
