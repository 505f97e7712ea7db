import { event } from '../../kernel/event.ts'

export const guestInvited = event('occasion.invited', 'A customer was invited to an event')
export const guestAccepted = event('occasion.accepted', 'A customer will come to an event')
export const guestDeclined = event('occasion.declined', 'A customer will not come to an event')
export const guestWaits = event('occasion.waitlisted', 'A customer waits for a seat at an event')
export const guestPromoted = event('occasion.promoted', 'A customer who waited has a seat at an event')
export const guestAttended = event('occasion.attended', 'It was recorded whether a customer came to an event')
