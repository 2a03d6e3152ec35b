using System.Buffers.Text;
using System.Text;
using CsCheck;
using Dmp.Server.Identity;
using Dmp.Server.Options;
using Microsoft.Extensions.Primitives;
using Xunit;

namespace Dmp.Server.Tests.Identity;

/// <summary>Reading a token that nobody has verified yet: whatever it holds, the answer is a scheme or a refusal.</summary>
public sealed class IssuerSchemesTests
{
    private static readonly Gen<string> value = Gen.OneOf(
        OneOf(
            "\"RS256\"", "\"none\"", "\"https://issuer.example\"", "null", "true", "{}", "[]", "[\"RS256\"]", "{\"a\":[1]}", "1e999",
            "-1", "\"\\ud800\"", "\"\\u0000\"", "123456789012345678901234567890", "\"2020-01-01T00:00:00Z\"", "\"", "{"),
        Gen.String.AlphaNumeric.Select(text => $"\"{text}\""));

    private static readonly Gen<string> json = Gen.Select(
        OneOf("alg", "kid", "typ", "iss", "aud", "exp", "nbf", "iat", "sub", "cnf", "enc", "zip", "x5t", "cty"), IssuerSchemesTests.value)
        .Select((name, value) => $"\"{name}\":{value}")
        .Array[0, 6]
        .Select(members => $"{{{string.Join(',', members)}}}");

    private static readonly Gen<string> part = Gen.OneOf(
        IssuerSchemesTests.json.Select(json => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json))),
        Gen.Byte.Array[0, 40].Select(bytes => Base64Url.EncodeToString(bytes)),
        Gen.String[0, 20]);

    private readonly IssuerSchemes schemes = new(Microsoft.Extensions.Options.Options.Create(new IdentityOptions
    {
        Issuers = [new IssuerOptions { Name = "one", Authority = "https://issuer.example" }],
    }));

    [Fact]
    public void Any_text_is_a_scheme_or_a_refusal() =>
        Gen.Select(part, part, part, OneOf("", ".", ".x.y", "=")).Sample(
            (header, payload, signature, tail) =>
            {
                try
                {
                    Assert.Equal("issuer:one", schemes.For($"Bearer {header}.{payload}.{signature}{tail}"));
                }
                catch (TokenRefusedException)
                {
                }
            },
            iter: 20_000);

    [Fact]
    public void The_scheme_is_that_of_the_issuer() =>
        Assert.Equal("issuer:one", schemes.For(
            new StringValues($"bearer {Encode("{\"alg\":\"ES256\"}")}.{Encode("{\"iss\":\"https://issuer.example\"}")}.AA")));

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    private static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
