namespace Dmp.Benchmarks;

/// <summary>
/// How much a benchmark does. With DMP_BENCHMARK_CHECK=1 only as much as shows that it runs; its figures say nothing then.
/// </summary>
internal static class Effort
{
    private static readonly bool isCheck = Environment.GetEnvironmentVariable("DMP_BENCHMARK_CHECK") == "1";

    public static int Of(int full, int check) => isCheck ? check : full;
}
