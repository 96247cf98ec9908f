import { describePublisherStore } from '../../access/publisher-store.contract.ts'
import { createPublisherStore, publisherMigrations } from '../sql/publishers.ts'
import { openTwice } from './two-connections.contract.ts'

describePublisherStore('sqlite', () => openTwice(publisherMigrations, createPublisherStore))
