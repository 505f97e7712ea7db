import { event } from '../../kernel/event.ts'

export const warningRaised = event('warning.raised', 'A customer has been silent for longer than their rhythm allows')
export const warningRanked = event('warning.ranked', 'A silence was found; the warning waits for a place in its owner’s day')
export const warningLate = event('warning.late', 'A silence was found long after it began, or found no place: listed, nobody’s work')
export const warningCleared = event('warning.cleared', 'A warned customer bought again, or their file was put in the bin')
export const warningClosed = event('warning.closed', 'A person ended a warning: saved, lost, or a false alarm')
export const warningSnoozed = event('warning.snoozed', 'A warning was put off')
export const warningWoken = event('warning.woken', 'A warning that was put off is open again')
export const warningAssigned = event('warning.assigned', 'A warning went to the customer’s new account manager')
/** Housekeeping: the day’s places of an account manager. */
export const docketMoved = event('docket.moved', 'The places for warnings in a person’s day changed', { published: false })
