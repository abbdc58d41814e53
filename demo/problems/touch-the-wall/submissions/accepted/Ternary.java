// The length is convex in the point of touch.
import java.util.Locale;
import java.util.Scanner;

public class Ternary {
    public static void main(String[] arguments) {
        Scanner in = new Scanner(System.in);
        int q = in.nextInt();
        StringBuilder out = new StringBuilder();
        while (q-- > 0) {
            double w = in.nextInt(), x1 = in.nextInt(), y1 = in.nextInt(), x2 = in.nextInt(), y2 = in.nextInt();
            double low = 0, high = w;
            for (int i = 0; i < 100; i++) {
                double a = low + (high - low) / 3, b = high - (high - low) / 3;
                if (run(a, x1, y1, x2, y2) < run(b, x1, y1, x2, y2)) high = b;
                else low = a;
            }
            out.append(String.format(Locale.ROOT, "%.8f%n", run(low, x1, y1, x2, y2)));
        }
        System.out.print(out);
    }

    static double run(double x, double x1, double y1, double x2, double y2) {
        return Math.hypot(x1 - x, y1) + Math.hypot(x2 - x, y2);
    }
}
