/**
 * @module
 * SSDP (UPnP Device Architecture 2.0 §1): who opened searches, the other end responds. To a group, longer messages are notifications.
 */
import type { Circumstances, DatagramApplication } from '../application.js';
import type { Message } from '../message.js';
import { composeText, HOST_NAME, lines, type TextTemplate, textTemplate } from './text.js';

const GROUP = 'HOST: 239.255.255.250:1900';
const END = lines('', '');

/** Longest first. */
const SEARCHES: readonly TextTemplate[] = [
  textTemplate(
    `${lines('M-SEARCH * HTTP/1.1', GROUP, 'MAN: "ssdp:discover"', 'MX: 1', 'ST: ssdp:all')}USER-AGENT: `,
    END,
    1,
  ),
  textTemplate(`${lines('M-SEARCH * HTTP/1.1')}ST: `, END, 1),
];
const RESPONSES: readonly TextTemplate[] = [
  textTemplate(
    `${lines('HTTP/1.1 200 OK', 'CACHE-CONTROL: max-age=1800', `LOCATION: http://${HOST_NAME}/d.xml`, 'ST: upnp:rootdevice')}USN: uuid:`,
    END,
    1,
  ),
  textTemplate(`${lines('HTTP/1.1 200 OK')}ST: `, END, 1),
];
const NOTIFICATIONS: readonly TextTemplate[] = [
  textTemplate(
    `${lines('NOTIFY * HTTP/1.1', GROUP, 'CACHE-CONTROL: max-age=1800', `LOCATION: http://${HOST_NAME}/d.xml`, 'NT: upnp:rootdevice', 'NTS: ssdp:alive')}USN: uuid:`,
    END,
    1,
  ),
];
/** To a group, what is longer is a notification. */
const LONGEST_GROUP_SEARCH_BYTES = 200;

export const ssdp = ({ multicast }: Circumstances): DatagramApplication => ({
  compose(message: Message, size: number, byOpener: boolean): boolean {
    const notifies = multicast && size > LONGEST_GROUP_SEARCH_BYTES;
    const templates = notifies ? NOTIFICATIONS : byOpener ? SEARCHES : RESPONSES;
    const template = templates.find(({ minBytes }) => minBytes <= size);
    if (template === undefined) return false;
    composeText(message, template, size);
    return true;
  },
});
