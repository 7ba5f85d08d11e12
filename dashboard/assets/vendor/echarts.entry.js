// What of Apache ECharts the dashboard draws with; dashboard/assets/vendor/build makes echarts.js of it.
export { init, registerMap } from "echarts/core";
import { use } from "echarts/core";
import { BarChart, LineChart, MapChart } from "echarts/charts";
import { AriaComponent, GridComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import { CanvasRenderer } from "echarts/renderers";

use([BarChart, LineChart, MapChart, AriaComponent, GridComponent, TooltipComponent, VisualMapComponent, CanvasRenderer]);
