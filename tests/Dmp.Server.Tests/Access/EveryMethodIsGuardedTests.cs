using Dmp.Annotations.V1;
using Dmp.Error.V1;
using Dmp.Server.Calls;
using Dmp.Server.Tests.Fixtures;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using CallerAccess = Dmp.Annotations.V1.Access;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Dmp.Server.Tests.Access;

/// <summary>Deny by default: walks every method of every service there is.</summary>
public sealed class EveryMethodIsGuardedTests(Platform platform)
{
    /// <summary>Services that need no token, each with its reason in EndpointSetup.</summary>
    private static readonly string[] open =
        ["grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection", "grpc.reflection.v1.ServerReflection"];

    public static TheoryData<string> Methods => new(Descriptors.Select(method => method.FullName));

    private static IEnumerable<MethodDescriptor> Descriptors => OfferedServices.All.SelectMany(service => service.Methods);

    [Fact]
    public void Every_service_of_the_contract_is_offered()
    {
        var contract = typeof(Document.V1.DocumentServiceReflection).Assembly.GetTypes()
            .Select(type => type.GetProperty("Descriptor")?.GetValue(null))
            .OfType<ServiceDescriptor>()
            .Select(service => service.FullName);
        Assert.Equal(
            contract.Distinct().Order(StringComparer.Ordinal),
            OfferedServices.All.Select(service => service.FullName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_endpoint_has_a_rule_or_is_known_to_be_open()
    {
        var endpoints = platform.Server.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).ToList();
        var guarded = endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<Pipeline.MethodRule>() is not null).ToList();
        Assert.Equal(Descriptors.Count(), guarded.Count);
        Assert.All(guarded, endpoint => Assert.Null(endpoint.Metadata.GetMetadata<IAllowAnonymous>()));
        var anonymous = endpoints
            .Where(endpoint => endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.ServiceName)
            .OfType<string>();
        Assert.Empty(anonymous.Except(open));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Every_method_says_who_may_call_it(string name)
    {
        var rule = Find(name).GetOptions()?.GetExtension(AnnotationsExtensions.Access);
        Assert.NotNull(rule);
        Assert.Contains(
            new[] { rule.Professional, rule.Structure, rule.Patient, rule.Representative, rule.Caregiver, rule.Operator, rule.Auditor },
            relation => relation != Relation.Unspecified);
        Assert.Equal(
            rule.Professional != Relation.Unspecified || rule.Structure != Relation.Unspecified,
            rule.Functions.Count > 0 && !rule.Functions.Contains(Function.Unspecified));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task No_method_answers_without_a_token(string name)
    {
        await Refusals.RefusedAsync(
            StatusCode.Unauthenticated, ErrorReason.TokenMissing, () => CallAsync(platform.As((string?)null), Find(name)));
        await Refusals.RefusedAsync(
            StatusCode.Unauthenticated, ErrorReason.TokenMalformed, () => CallAsync(platform.As("x.y"), Find(name)));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Every_method_refuses_the_kinds_it_does_not_name_and_reads_the_message_of_the_others(string name)
    {
        var method = Find(name);
        var rule = method.GetOptions().GetExtension(AnnotationsExtensions.Access);
        foreach (var (kind, api) in Everybody())
        {
            var expected = !IsOpenTo(rule, kind)
                ? (StatusCode.PermissionDenied, "CALLER_KIND_NOT_ALLOWED")
                : (StatusCode.InvalidArgument, method.Name == "UploadDocument" ? "UPLOAD_INTENT_MISSING" : "FIELDS_INVALID");
            if (method.Name == "FindRecords" && IsOpenTo(rule, kind))
            {
                // Its fine rule needs no message: the token does not say that the caller may regulate.
                expected = (StatusCode.PermissionDenied, "FUNCTION_NOT_ALLOWED");
            }

            if (method.Name is "ListRecords" or "ListUnacknowledgedAccesses" or "ListFunctions" or "GetNoticeContact" or "ListDeadLetters"
                or "ListCodeLists" or "GetCheckpoint" or "ImportDocuments"
                    && IsOpenTo(rule, kind)
                    && (method.Name, kind) is not ("ListRecords", CallerKind.Structure))
            {
                // The methods for which an empty message is a good one.
                await CallAsync(api, method);
                continue;
            }

            var failure = await Assert.ThrowsAsync<RpcException>(() => CallAsync(api, method));
            Assert.Equal((kind, expected), (kind, (failure.StatusCode, Dmp.Server.Errors.Failures.ReasonOf(failure))));
        }
    }

    [Fact]
    public async Task A_method_that_does_not_exist_is_unknown_even_with_a_token()
    {
        var unknown = new Method<byte[], byte[]>(MethodType.Unary, "dmp.record.v1.RecordService", "DropEverything", Bytes, Bytes);
        await Refusals.RefusedAsync(StatusCode.Unimplemented, ErrorReason.MethodUnknown, async () =>
            await platform.As(TestProfessional.New()).Invoker.AsyncUnaryCall(unknown, null, Options(), []));
    }

    private static Marshaller<byte[]> Bytes { get; } = Marshallers.Create(bytes => bytes, bytes => bytes);

    private static MethodDescriptor Find(string name) => Descriptors.Single(method => method.FullName == name);

    private static CallOptions Options() => new(cancellationToken: TestContext.Current.CancellationToken);

    // People are let in by what they may be to some record; what they are to the one named is the fine gate's business.
    private static bool IsOpenTo(CallerAccess rule, CallerKind kind) => (kind switch
    {
        CallerKind.Professional => [rule.Professional],
        CallerKind.Structure => [rule.Structure],
        CallerKind.Patient or CallerKind.Representative => [rule.Patient, rule.Representative, rule.Caregiver],
        CallerKind.Operator => [rule.Operator],
        _ => new[] { rule.Auditor },
    }).Any(relation => relation != Relation.Unspecified);

    /// <summary>Calls with an empty message, whatever the method is.</summary>
    private static async Task CallAsync(DmpApi api, MethodDescriptor method)
    {
        var kind = (method.IsClientStreaming, method.IsServerStreaming) switch
        {
            (true, true) => MethodType.DuplexStreaming,
            (false, true) => MethodType.ServerStreaming,
            _ => MethodType.Unary,
        };
        var rpc = new Method<byte[], byte[]>(kind, method.Service.FullName, method.Name, Bytes, Bytes);
        switch (kind)
        {
            case MethodType.Unary:
                await api.Invoker.AsyncUnaryCall(rpc, null, Options(), []);
                break;
            case MethodType.ServerStreaming:
                using (var call = api.Invoker.AsyncServerStreamingCall(rpc, null, Options(), []))
                {
                    await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken);
                }

                break;
            default:
                using (var call = api.Invoker.AsyncDuplexStreamingCall(rpc, null, Options()))
                {
                    await call.RequestStream.CompleteAsync();
                    await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken);
                }

                break;
        }
    }

    private IEnumerable<(CallerKind Kind, DmpApi DmpApi)> Everybody() =>
    [
        (CallerKind.Professional, platform.As(TestProfessional.New())),
        (CallerKind.Structure, platform.AsStructure(TestProfessional.NewStructureId())),
        (CallerKind.Patient, platform.As(TestPatient.New())),
        (CallerKind.Representative, platform.AsRepresentativeOf(TestPatient.New())),
        (CallerKind.Operator, platform.AsOperator()),
        (CallerKind.Auditor, platform.AsAuditor()),
    ];
}
