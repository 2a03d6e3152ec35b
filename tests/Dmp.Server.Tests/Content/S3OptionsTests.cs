using Dmp.Storage;
using Xunit;

namespace Dmp.Server.Tests.Content;

public sealed class S3OptionsTests
{
    private static readonly S3Options good = new()
    {
        Endpoint = "https://s3.example",
        Bucket = "dmp-documents",
        Prefix = "production/",
        AccessKey = "key",
        SecretKey = "secret-value",
    };

    [Fact]
    public void What_is_right_passes()
    {
        Assert.Empty(Faults(good));
        Assert.Empty(Faults(good with { Endpoint = null, Region = "eu-west-3", AccessKey = null, SecretKey = null, Prefix = "" }));
        Assert.Empty(Faults(good with { Endpoint = "http://127.0.0.1:7480" }));

        // Nobody asks for the bucket of a store that is not used.
        Assert.Empty(S3OptionsRules.Faults(new ContentOptions { Directory = "x" }));
    }

    [Theory]
    [InlineData("")]
    [InlineData("ab")]
    [InlineData("With-Capitals")]
    [InlineData("a/b-c")]
    [InlineData("trailing-\n")]
    public void A_bucket_has_a_name_of_a_bucket(string bucket) => Names("Bucket", good with { Bucket = bucket });

    [Theory]
    [InlineData("http://s3.example")]
    [InlineData("s3.example")]
    [InlineData("ftp://s3.example")]
    [InlineData("https://user:password@s3.example")]
    [InlineData("https://s3.example/path")]
    public void An_endpoint_is_https_and_nothing_but_a_host(string endpoint) => Names("Endpoint", good with { Endpoint = endpoint });

    [Theory]
    [InlineData("/production/")]
    [InlineData("production")]
    [InlineData("pro duction/")]
    [InlineData("/")]
    public void A_prefix_ends_with_a_slash_and_does_not_begin_with_one(string prefix) => Names("Prefix", good with { Prefix = prefix });

    [Fact]
    public void The_rest_is_in_range_and_no_fault_tells_a_secret()
    {
        Names("Region", good with { Endpoint = null });
        Names("AccessKey", good with { AccessKey = null });
        Names("AccessKey", good with { SecretKey = null });
        Names("Timeout", good with { Timeout = TimeSpan.Zero });
        Names("Retries", good with { Retries = 11 });
        Assert.Contains(
            "Fallback", Assert.Single(S3OptionsRules.Faults(new ContentOptions { Directory = "x", Fallback = ContentStoreKind.Disk })),
            StringComparison.Ordinal);
        Assert.NotEmpty(S3OptionsRules.Faults(new ContentOptions { Directory = "x", Fallback = ContentStoreKind.S3 }));
    }

    private static void Names(string setting, S3Options options)
    {
        var fault = Assert.Single(Faults(options));
        Assert.Contains(setting, fault, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-value", fault, StringComparison.Ordinal);
        Assert.DoesNotContain("password", fault, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Faults(S3Options options) =>
        S3OptionsRules.Faults(new ContentOptions { Directory = "x", Store = ContentStoreKind.S3, S3 = options });
}
