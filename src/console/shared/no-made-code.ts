import { config } from "zod";

// Otherwise each schema tries whether it may make code from text, which the page's policy forbids and reports.
// Schemas try when they are made, so this module comes before all others.
config({ jitless: true });
