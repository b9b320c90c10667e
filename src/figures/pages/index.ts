/** Pages of HTML that need no server. */
