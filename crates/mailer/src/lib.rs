//! Claims deliveries and hands them to a relay without loss or double.
