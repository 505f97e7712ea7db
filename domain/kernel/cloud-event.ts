import type { Happened } from './event.ts'

/** Where events come from, for the bus's rules and for CloudEvents alike. */
export const EVENT_SOURCE = 'crm'

/** An event as it leaves the product: CloudEvents 1.0 in JSON, with the extension `sequence`. */
export interface CloudEvent {
  specversion: '1.0'
  /** Record id and version: the same on every attempt. */
  id: string
  source: string
  type: string
  time: string
  /** The record's id. */
  subject: string
  datacontenttype: 'application/json'
  /** Sorts as text in the order of a record's changes (CloudEvents extension "sequence"). */
  sequence: string
  data: Happened
}

/** DynamoDB's sequence numbers have 21 to 40 digits (API reference, StreamRecord); padded, they sort as text. */
const SEQUENCE_DIGITS = 40

/** @param sequence the stream's sequence number of the change */
export function cloudEvent(data: Happened, sequence: string): CloudEvent {
  return {
    specversion: '1.0',
    id: data.id,
    source: EVENT_SOURCE,
    type: data.type,
    time: data.at,
    subject: data.recordId,
    datacontenttype: 'application/json',
    sequence: sequence.padStart(SEQUENCE_DIGITS, '0'),
    data,
  }
}
