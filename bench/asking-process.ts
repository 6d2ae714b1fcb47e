/** The hub as `npm start` runs it, with a connector that asks its system for what messages do not say. */
import "../test/support/crm.ts";
import "./hub-process.ts";
