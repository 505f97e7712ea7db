/** `node test/support/fetch-dynamodb-local.ts`: fetches the second table engine, for `CRM_ENGINE=official`. */
import { fetchDynamoDbLocal } from './dynamodb-local.ts'

fetchDynamoDbLocal()
