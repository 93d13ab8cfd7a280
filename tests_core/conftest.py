"""Pure tests of ``core``: no Odoo, no database.

The root ``__init__`` of the addon imports Odoo, so a bare package of the addon's name is registered here with the
repository root as its path: ``sync_governance.core`` then imports without Odoo.
"""

import sys
import types
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

package = types.ModuleType("sync_governance")
package.__path__ = [str(ROOT)]
sys.modules.setdefault("sync_governance", package)
