#include "actors/messages/interfaces.hpp"

// The header must stand on its own: it is the map of the whole program.
